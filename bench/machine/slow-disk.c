/*
 * Preloaded into PostgreSQL: each fsync and fdatasync takes BENCH_DISK_MS milliseconds longer, as on a disk that is
 * reached by a network.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static struct timespec extra;

__attribute__((constructor)) static void prepare(void) {
  const char *set = getenv("BENCH_DISK_MS");
  double seconds = set ? strtod(set, NULL) / 1000 : 0;
  extra.tv_sec = (time_t)seconds;
  extra.tv_nsec = (long)((seconds - (double)extra.tv_sec) * 1e9);
  real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
}

/* PostgreSQL's processes signal each other, which must not cut the wait short. */
static int after_the_wait(int result) {
  int error = errno;
  struct timespec left = extra;
  while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
  errno = error;
  return result;
}

int fsync(int fd) { return after_the_wait(real_fsync(fd)); }

int fdatasync(int fd) { return after_the_wait(real_fdatasync(fd)); }
