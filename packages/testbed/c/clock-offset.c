/*
 * Shifts the wall clock of a server that is started with this in LD_PRELOAD by TENURE_CLOCK_OFFSET_SECONDS. The
 * monotonic clock stays right.
 *
 * Not libfaketime, which allocates memory to tell the time: Debian's redis-server never starts with it, because its
 * allocator asks for the time. It also leaves shared memory behind when the server is killed.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long offset_seconds(void) {
  static int is_known = 0;
  static long seconds = 0;
  if (!is_known && environ != NULL) {
    const char *text = getenv("TENURE_CLOCK_OFFSET_SECONDS");
    seconds = text == NULL ? 0 : strtol(text, NULL, 10);
    is_known = 1;
  }
  return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offset_seconds();
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *copy) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
  if (copy != NULL) *copy = now.tv_sec;
  return now.tv_sec;
}
