/* Stands between SQLite and the system: lets the n-th write or sync fail, and records what is written and synced.
 *
 * ES_SHIM_FOLDER  the folder whose files count; the shared memory of the write-ahead log does not
 * ES_SHIM_FAIL    write|sync : n : once|always : number of the error
 * ES_SHIM_TRACE   the file that gets the record
 *
 * A record is an operation (W write, S sync, T truncate, U unlink), a file (0 database, 1 write-ahead log, 2 journal,
 * 3 acknowledgements), and, little-endian, an offset of 8 bytes and a length of 4 bytes with as many bytes after it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FDS 4096
static signed char files[FDS]; /* 0: none of ours, else the number of the file and one */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int trace_fd = -2;
static long countdown = -1;
static int fails_writes, fails_always, fail_errno, has_fired;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void start(void) {
    const char *fail = getenv("ES_SHIM_FAIL");
    char what[8], how[8];
    if (fail && sscanf(fail, "%7[a-z]:%ld:%7[a-z]:%d", what, &countdown, how, &fail_errno) == 4) {
        fails_writes = what[0] == 'w';
        fails_always = how[0] == 'a';
    }
}

static int number_of(const char *path) {
    const char *folder = getenv("ES_SHIM_FOLDER");
    if (!folder || !strstr(path, folder) || strstr(path, "-shm")) return 0;
    if (strstr(path, "-wal")) return 2;
    if (strstr(path, "-journal")) return 3;
    if (strstr(path, "acks")) return 4;
    return strstr(path, ".sqlite") ? 1 : 0;
}

static void remember(int fd, const char *path) {
    if (fd >= 0 && fd < FDS) files[fd] = (signed char)number_of(path);
}

static int ours(int fd) { return fd >= 0 && fd < FDS ? files[fd] : 0; }

static void record(char op, int number, int64_t offset, const void *data, uint32_t len) {
    const char *path = getenv("ES_SHIM_TRACE");
    if (!path) return;
    if (trace_fd == -2) trace_fd = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char head[14] = {op, (char)(number - 1)};
    memcpy(head + 2, &offset, 8);
    memcpy(head + 10, &len, 4);
    if (REAL(write)(trace_fd, head, sizeof head) != (ssize_t)sizeof head) abort();
    if (len && REAL(write)(trace_fd, data, len) != (ssize_t)len) abort();
}

/* Whether this operation has to fail. The acknowledgements never do. */
static int fires(int fd, int is_write) {
    if (countdown < 0 || is_write != fails_writes || files[fd] == 4) return 0;
    if (has_fired && !fails_always) return 0;
    if (!has_fired && --countdown > 0) return 0;
    if (!has_fired) {
        has_fired = 1;
        dprintf(2, "shim: fired\n");
    }
    errno = fail_errno;
    return 1;
}

static ssize_t writing(int fd, const void *data, size_t len, int64_t offset, int is_positioned) {
    if (!ours(fd)) return is_positioned ? REAL(pwrite)(fd, data, len, offset) : REAL(write)(fd, data, len);
    pthread_mutex_lock(&lock);
    ssize_t written = -1;
    if (!fires(fd, 1)) {
        int64_t at = is_positioned ? offset : lseek(fd, 0, SEEK_CUR);
        written = is_positioned ? REAL(pwrite)(fd, data, len, offset) : REAL(write)(fd, data, len);
        if (written > 0) record('W', files[fd], at, data, (uint32_t)written);
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return written;
}

static int syncing(int fd, int (*sync)(int)) {
    if (!ours(fd)) return sync(fd);
    pthread_mutex_lock(&lock);
    int done = fires(fd, 0) ? -1 : sync(fd);
    if (done == 0) record('S', files[fd], 0, NULL, 0);
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

static int truncating(int fd, int64_t len) {
    if (!ours(fd)) return REAL(ftruncate)(fd, len);
    pthread_mutex_lock(&lock);
    int done = fires(fd, 1) ? -1 : REAL(ftruncate)(fd, len);
    if (done == 0) record('T', files[fd], len, NULL, 0);
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

#define MODE(flags, mode) \
    mode_t mode = 0; \
    if ((flags) & O_CREAT) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    int fd = REAL(open)(path, flags, mode);
    remember(fd, path);
    return fd;
}

int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    int fd = REAL(open64)(path, flags, mode);
    remember(fd, path);
    return fd;
}

int openat(int folder, const char *path, int flags, ...) {
    MODE(flags, mode)
    int fd = REAL(openat)(folder, path, flags, mode);
    remember(fd, path);
    return fd;
}

int openat64(int folder, const char *path, int flags, ...) {
    MODE(flags, mode)
    int fd = REAL(openat64)(folder, path, flags, mode);
    remember(fd, path);
    return fd;
}

int close(int fd) {
    if (fd >= 0 && fd < FDS) files[fd] = 0;
    return REAL(close)(fd);
}

int unlink(const char *path) {
    int number = number_of(path);
    pthread_mutex_lock(&lock);
    int done = REAL(unlink)(path);
    if (done == 0 && number) record('U', number, 0, NULL, 0);
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

ssize_t write(int fd, const void *data, size_t len) { return writing(fd, data, len, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t len, off_t at) { return writing(fd, data, len, at, 1); }
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at) { return writing(fd, data, len, at, 1); }
int fsync(int fd) { return syncing(fd, REAL(fsync)); }
int fdatasync(int fd) { return syncing(fd, REAL(fdatasync)); }
int ftruncate(int fd, off_t len) { return truncating(fd, len); }
int ftruncate64(int fd, off64_t len) { return truncating(fd, len); }
