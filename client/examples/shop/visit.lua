-- wrk -s visit.lua: customers who walk through the whole shop.
local step = 0
local routes = {
  "/products?page=%d", "/product?id=%d", "/search?q=lamp", "/cart/add?product=%d",
  "/cart/add?product=%d", "/cart", "/checkout",
}
request = function()
  step = step + 1
  local route = routes[step % #routes + 1]
  return wrk.format("GET", string.format(route, step % 2000))
end
