// What libtidemark and its heap shim do alike to reach the daemon. Nothing here
// allocates or blocks; what fails leaves errno.
#ifndef TIDEMARK_CLIENT_HANDSHAKE_H_
#define TIDEMARK_CLIENT_HANDSHAKE_H_

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "client/channel.h"

// The daemon's address as the environment has it now; false: that path does
// not fit, so it cannot name a socket, and `address` is left alone.
bool tidemark_find_socket(struct sockaddr_un* address);

// A connected socket; -1: nobody listens, or `address` was never found.
int tidemark_open_socket(const struct sockaddr_un* address);

// A file in memory of a size that nobody can change any more; -1: none.
int tidemark_make_memfd(const char* name, uint64_t bytes);

// Sends `hello`, whose magic and version it fills in, with that file.
bool tidemark_send_hello(int socket, struct tidemark_hello* hello, int memfd);

#endif  // TIDEMARK_CLIENT_HANDSHAKE_H_
