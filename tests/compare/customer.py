#!/usr/bin/env python3
"""customer.py PORT SECONDS: one customer walks through the shop, some 300 pages
a second with a pause after each. Nothing in the shop is an anvil: a search goes
through all of it."""
import http.client
import sys
import time

PAGES = ("/products?page=%d", "/product?id=%d", "/search?q=anvil&x=%d",
         "/cart/add?product=%d", "/cart?x=%d", "/checkout?x=%d")
PAUSE = 0.003


def main():
    shop = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
    end = time.monotonic() + float(sys.argv[2])
    step = 0
    while time.monotonic() < end:
        shop.request("GET", PAGES[step % len(PAGES)] % (step % 2000))
        answer = shop.getresponse()
        answer.read()
        if answer.status != 200:
            sys.exit(f"{PAGES[step % len(PAGES)]}: {answer.status}")
        step += 1
        time.sleep(PAUSE)


main()
