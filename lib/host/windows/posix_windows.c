/* SPDX-License-Identifier: MIT */
#include <windows.h>

#include <errno.h>
#include <shellapi.h>
#include <stdbool.h>
#include <wchar.h>

#include "lib/host/windows/fnmatch.h"
#include "lib/host/windows/glob.h"
#include "lib/host/windows/poll.h"
#include "lib/host/windows/wide_windows.h"

#undef main
#undef fopen
#undef fdopen

/* ---- names ---- */

wchar_t *hs_wide(wchar_t wide[HS_WIDE_MAX], const char *path)
{
    if (!strcmp(path, "/dev/null"))
        path = "NUL";
    int n = MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, HS_WIDE_MAX);
    errno = ENAMETOOLONG;
    /* The shell completes a folder's name with a separator, with which Windows does not find it; a drive's stays. */
    while (n > 2 && (wide[n - 2] == '/' || wide[n - 2] == '\\') && wide[n - 3] != ':')
        wide[--n - 1] = 0;
    return n ? wide : NULL;
}

char *hs_narrow(const wchar_t *wide)
{
    int n = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = n > 0 ? malloc((size_t)n) : NULL;
    if (text)
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, n, NULL, NULL);
    for (char *c = text; c && *c; c++)
        *c = *c == '\\' ? '/' : *c;
    return text;
}

int hs_fail(void)
{
    static const struct {
        DWORD windows;
        int posix;
    } known[] = {
        {ERROR_FILE_NOT_FOUND, ENOENT},    {ERROR_PATH_NOT_FOUND, ENOENT},    {ERROR_INVALID_NAME, ENOENT},
        {ERROR_BAD_NETPATH, ENOENT},       {ERROR_ACCESS_DENIED, EACCES},     {ERROR_SHARING_VIOLATION, EBUSY},
        {ERROR_LOCK_VIOLATION, EBUSY},     {ERROR_FILE_EXISTS, EEXIST},       {ERROR_ALREADY_EXISTS, EEXIST},
        {ERROR_DIR_NOT_EMPTY, ENOTEMPTY},  {ERROR_DISK_FULL, ENOSPC},         {ERROR_HANDLE_DISK_FULL, ENOSPC},
        {ERROR_WRITE_PROTECT, EROFS},      {ERROR_INVALID_HANDLE, EBADF},     {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
        {ERROR_NOT_ENOUGH_MEMORY, ENOMEM}, {ERROR_OUTOFMEMORY, ENOMEM},       {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
        {ERROR_DIRECTORY, ENOTDIR},        {ERROR_BROKEN_PIPE, EPIPE},        {ERROR_NO_DATA, EPIPE},
        {ERROR_NOT_SAME_DEVICE, EXDEV},    {ERROR_INVALID_PARAMETER, EINVAL},
    };
    DWORD why = GetLastError();
    errno = EIO;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].windows == why)
            errno = known[i].posix;
    return -1;
}

/* ---- the program ---- */

/* Whether a word is a path of Windows: "C:\x", "..\x", "x\y". */
static bool is_path(const char *word)
{
    bool drive = ((*word | 32) >= 'a' && (*word | 32) <= 'z') && word[1] == ':' && (word[2] == '\\' || word[2] == '/');
    return drive || strchr(word, '\\') != NULL;
}

/* The word in UTF-8. A path, which may follow the name of an option (-oC:\x, --output=C:\x), gets '/'. */
static char *argument(const wchar_t *wide)
{
    char *text = hs_narrow(wide), *as_is = NULL;
    int n = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    if (text && n > 0 && (as_is = malloc((size_t)n)) != NULL)
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, as_is, n, NULL, NULL);
    if (!text || !as_is) {
        fputs("heapstrata: out of memory\n", stderr);
        exit(2);
    }
    bool option = *as_is == '-' && as_is[1];
    const char *value = !option ? as_is : as_is[1] != '-' ? as_is + 2 : strchr(as_is, '=') ? strchr(as_is, '=') + 1 : "";
    bool path = is_path(value);
    free(path ? as_is : text);
    return path ? text : as_is;
}

/* The console's characters as they were. */
static UINT code_page;

static void restore_console(void) { SetConsoleOutputCP(code_page); }

static void prepare_console(void)
{
    for (int fd = 0; fd <= 2; fd++)
        _setmode(fd, _O_BINARY);
    _fmode = _O_BINARY;
    code_page = GetConsoleOutputCP();
    if (!code_page || code_page == CP_UTF8)
        return;
    SetConsoleOutputCP(CP_UTF8);
    atexit(restore_console);
}

int wmain(int argc, wchar_t **wide);
int wmain(int argc, wchar_t **wide)
{
    char **argv = calloc((size_t)argc + 1, sizeof *argv);
    for (int i = 0; argv && i < argc; i++)
        argv[i] = argument(wide[i]);
    prepare_console();
    return argv ? hs_main(argc, argv) : 2;
}

/* ---- files ---- */

void *hs_handle(int fd) { return (void *)_get_osfhandle(fd); }

/* Shared with all, so that it can be renamed and removed. */
static HANDLE open_shared(const char *path, DWORD access, DWORD how)
{
    wchar_t wide[HS_WIDE_MAX];
    return hs_wide(wide, path) ? CreateFileW(wide, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, how,
                                             FILE_FLAG_BACKUP_SEMANTICS, NULL) /* folders too */
                               : INVALID_HANDLE_VALUE;
}

int hs_open(const char *path, int flags, ...)
{
    static const DWORD accesses[] = {GENERIC_READ, GENERIC_WRITE, GENERIC_READ | GENERIC_WRITE};
    DWORD how = flags & O_CREAT ? (flags & O_EXCL    ? CREATE_NEW
                                   : flags & O_TRUNC ? CREATE_ALWAYS
                                                     : OPEN_ALWAYS)
                                : (flags & O_TRUNC ? TRUNCATE_EXISTING : OPEN_EXISTING);
    HANDLE file = open_shared(path, accesses[flags & 3], how);
    if (file == INVALID_HANDLE_VALUE)
        return hs_fail();
    int fd = _open_osfhandle((intptr_t)file, _O_BINARY | (flags & (_O_NOINHERIT | _O_APPEND)));
    if (fd < 0)
        CloseHandle(file);
    return fd;
}

static void fill_status(struct hs_stat *status, const BY_HANDLE_FILE_INFORMATION *info)
{
    uint64_t time = (uint64_t)info->ftLastWriteTime.dwHighDateTime << 32 | info->ftLastWriteTime.dwLowDateTime;
    bool folder = info->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY, fixed = info->dwFileAttributes & FILE_ATTRIBUTE_READONLY;
    *status = (struct hs_stat){
        .st_dev = info->dwVolumeSerialNumber,
        .st_ino = (uint64_t)info->nFileIndexHigh << 32 | info->nFileIndexLow,
        .st_mode = (unsigned short)((folder ? S_IFDIR | 0755 : S_IFREG | 0644) & ~(fixed ? 0222 : 0)),
        .st_size = (int64_t)((uint64_t)info->nFileSizeHigh << 32 | info->nFileSizeLow),
        .st_mtim = {.tv_sec = (time_t)(time / 10000000) - 11644473600,
                    .tv_nsec = (long)(time % 10000000) * 100}, /* from 1601 on, in 100 ns */
    };
}

static int status_of(HANDLE file, struct hs_stat *status)
{
    BY_HANDLE_FILE_INFORMATION info;
    LARGE_INTEGER size;
    DWORD kind = GetFileType(file);
    if (kind == FILE_TYPE_DISK) {
        if (GetFileInformationByHandle(file, &info))
            fill_status(status, &info);
        else if (GetFileSizeEx(file, &size)) /* of standard input wine knows no more */
            *status = (struct hs_stat){.st_mode = S_IFREG | 0644, .st_size = size.QuadPart};
        else
            return hs_fail();
        return 0;
    }
    if (kind == FILE_TYPE_UNKNOWN && GetLastError())
        return hs_fail();
    *status = (struct hs_stat){.st_mode = kind == FILE_TYPE_PIPE ? S_IFIFO : S_IFCHR};
    return 0;
}

int hs_stat(const char *path, struct hs_stat *status)
{
    HANDLE file = open_shared(path, 0, OPEN_EXISTING);
    if (file == INVALID_HANDLE_VALUE)
        return hs_fail();
    int failed = status_of(file, status);
    CloseHandle(file);
    return failed;
}

int hs_fstat(int fd, struct hs_stat *status)
{
    if (hs_handle(fd) == INVALID_HANDLE_VALUE)
        return -1;
    return status_of(hs_handle(fd), status);
}

int hs_access(const char *path, int mode)
{
    wchar_t wide[HS_WIDE_MAX];
    return hs_wide(wide, path) ? _waccess(wide, mode & (R_OK | W_OK)) : -1;
}

int hs_rename(const char *from, const char *to)
{
    wchar_t old[HS_WIDE_MAX], new[HS_WIDE_MAX];
    if (!hs_wide(old, from) || !hs_wide(new, to))
        return -1;
    return MoveFileExW(old, new, MOVEFILE_REPLACE_EXISTING) ? 0 : hs_fail();
}

int hs_unlink(const char *path)
{
    wchar_t wide[HS_WIDE_MAX];
    if (!hs_wide(wide, path))
        return -1;
    return DeleteFileW(wide) ? 0 : hs_fail();
}

int hs_rmdir(const char *path)
{
    wchar_t wide[HS_WIDE_MAX];
    if (!hs_wide(wide, path))
        return -1;
    return RemoveDirectoryW(wide) ? 0 : hs_fail();
}

int hs_mkdir(const char *path, int mode)
{
    wchar_t wide[HS_WIDE_MAX];
    (void)mode;
    if (!hs_wide(wide, path))
        return -1;
    return CreateDirectoryW(wide, NULL) ? 0 : hs_fail();
}

/* The C library's own is true for all devices. */
int hs_isatty(int fd)
{
    DWORD mode;
    return GetConsoleMode(hs_handle(fd), &mode) != 0;
}

/* A device that takes nothing for now makes the C library's own say that the disk is full. */
ssize_t hs_write(int fd, const void *bytes, size_t n)
{
    ssize_t written = _write(fd, bytes, n > INT_MAX ? INT_MAX : (unsigned)n);
    if (written < 0 && errno == ENOSPC && GetFileType(hs_handle(fd)) == FILE_TYPE_CHAR)
        errno = EAGAIN;
    return written;
}

/* The C library's own moves in pipes too. */
int64_t hs_lseek(int fd, int64_t offset, int from)
{
    if (GetFileType(hs_handle(fd)) == FILE_TYPE_DISK)
        return _lseeki64(fd, offset, from);
    errno = ESPIPE;
    return -1;
}

ssize_t hs_pread(int fd, void *bytes, size_t n, int64_t at)
{
    int64_t before = hs_lseek(fd, 0, SEEK_CUR);
    if (before < 0 || hs_lseek(fd, at, SEEK_SET) < 0)
        return -1;
    ssize_t got = _read(fd, bytes, n > INT_MAX ? INT_MAX : (unsigned)n);
    hs_lseek(fd, before, SEEK_SET);
    return got;
}

ssize_t hs_readlink(const char *path, char *text, size_t size)
{
    (void)path;
    (void)text;
    (void)size;
    errno = EINVAL; /* not a link: hs_stat follows them */
    return -1;
}

int hs_ftruncate(int fd, int64_t size)
{
    errno_t why = _chsize_s(fd, size);
    errno = why ? why : errno;
    return why ? -1 : 0;
}

/* Returns the error. The file keeps its size. */
int hs_posix_fallocate(int fd, int64_t at, int64_t n)
{
    int64_t before = hs_lseek(fd, 0, SEEK_CUR), end = hs_lseek(fd, 0, SEEK_END);
    errno_t why = end < 0 ? errno : _chsize_s(fd, at + n > end ? at + n : end);
    if (end >= 0)
        _chsize_s(fd, end);
    hs_lseek(fd, before, SEEK_SET);
    return why;
}

FILE *hs_fopen(const char *path, const char *mode)
{
    bool plus = strchr(mode, '+') != NULL;
    int flags = *mode == 'r' ? 0 : O_CREAT | (*mode == 'w' ? O_TRUNC : O_APPEND);
    int fd = hs_open(path, flags | (plus ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
    FILE *stream = fd < 0 ? NULL
                          : _fdopen(fd, *mode == 'r'   ? (plus ? "r+b" : "rb")
                                        : *mode == 'w' ? (plus ? "w+b" : "wb")
                                                       : "ab");
    if (fd >= 0 && !stream)
        _close(fd);
    return stream;
}

int poll(struct pollfd *one, unsigned n, int milliseconds)
{
    ULONGLONG until = GetTickCount64() + (milliseconds > 0 ? (ULONGLONG)milliseconds : 0);
    for (;; Sleep(1)) {
        COMSTAT state = {0};
        DWORD errors;
        if (n && !ClearCommError(hs_handle(one->fd), &errors, &state))
            return hs_fail();
        if (n && (!(one->events & POLLIN) || state.cbInQue)) {
            one->revents = one->events;
            return 1;
        }
        if (GetTickCount64() >= until)
            return 0;
    }
}

/* ---- strings and memory ---- */

char *hs_strndup(const char *text, size_t n)
{
    size_t length = strnlen(text, n);
    char *copy = malloc(length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *hs_stpcpy(char *to, const char *from)
{
    size_t n = strlen(from);
    memcpy(to, from, n + 1);
    return to + n;
}

void *hs_aligned_alloc(size_t alignment, size_t n)
{
    if (alignment <= 16)
        return malloc(n);
    errno = EINVAL;
    return NULL;
}

/* ---- patterns ---- */

int fnmatch(const char *pattern, const char *text, int flags)
{
    const char *star = NULL, *from = NULL; /* after the last '*', and where what it stands for ends */
    while (*text) {
        bool any = !(flags & FNM_PATHNAME && *text == '/');
        if (*pattern == '*') {
            star = ++pattern;
            from = text;
        } else if (*pattern == *text || (*pattern == '?' && any)) {
            pattern++;
            text++;
        } else if (star && !(flags & FNM_PATHNAME && *from == '/')) {
            pattern = star;
            text = ++from;
        } else {
            return 1;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern != '\0';
}

int glob(const char *pattern, int flags, int (*error)(const char *path, int why), glob_t *found)
{
    wchar_t wide[HS_WIDE_MAX];
    WIN32_FIND_DATAW entry;
    (void)flags;
    (void)error;
    *found = (glob_t){0};
    HANDLE search = hs_wide(wide, pattern) ? FindFirstFileW(wide, &entry) : INVALID_HANDLE_VALUE;
    if (search == INVALID_HANDLE_VALUE)
        return 1;
    FindClose(search);
    char *name = hs_narrow(entry.cFileName);
    const char *slash = strrchr(pattern, '/');
    found->gl_pathc = name && asprintf(&found->gl_pathv[0], "%.*s%s", slash ? (int)(slash + 1 - pattern) : 0, pattern, name) >= 0;
    free(name);
    return !found->gl_pathc;
}

void globfree(glob_t *found)
{
    if (found->gl_pathc)
        free(found->gl_pathv[0]);
}
