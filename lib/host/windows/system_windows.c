/* SPDX-License-Identifier: MIT
 *
 * Windows, from version 7 on.
 */
#include "lib/host/util/system.h"

#include <windows.h>

#include <errno.h>

#include "lib/host/windows/wide_windows.h"

/* ---- open files ---- */

int hs_system_duplicate(int fd, int least)
{
    (void)least; /* numbers below are in use: hs_system_hold_standard */
    return _dup(fd);
}

void hs_system_hold_standard(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (_get_osfhandle(fd) < 0 && open("/dev/null", fd ? O_RDONLY : O_WRONLY) < 0)
            return; /* the lowest free number is the one that was missing */
}

int hs_system_replace_input(int fd) { return _dup2(fd, STDIN_FILENO); }

/* The path of an open file. NULL with errno set. */
static char *path_of(HANDLE file)
{
    wchar_t wide[HS_WIDE_MAX];
    DWORD n = file == INVALID_HANDLE_VALUE ? 0 : GetFinalPathNameByHandleW(file, wide, HS_WIDE_MAX, FILE_NAME_NORMALIZED);
    if (!n || n >= HS_WIDE_MAX) {
        hs_fail();
        return NULL;
    }
    char *path = hs_narrow(wide);
    if (path && !strncmp(path, "//?/UNC/", 8))
        memmove(path + 1, path + 7, strlen(path + 7) + 1);
    else if (path && !strncmp(path, "//?/", 4))
        memmove(path, path + 4, strlen(path + 4) + 1);
    return path;
}

int hs_system_open_again(int fd)
{
    char *path = path_of(hs_handle(fd));
    int again = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    free(path);
    return again;
}

/* A byte that no file has. */
static OVERLAPPED mark(void) { return (OVERLAPPED){.Offset = 0, .OffsetHigh = 0x40000000}; }

void hs_system_mark_growing(int fd)
{
    OVERLAPPED at = mark();
    LockFileEx(hs_handle(fd), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at);
}

/* Whether any program has the file open for writing: if so, it cannot be opened in a way that forbids that. */
static bool is_written(int fd)
{
    char *path = path_of(hs_handle(fd));
    wchar_t wide[HS_WIDE_MAX];
    HANDLE alone = path && hs_wide(wide, path)
                       ? CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL)
                       : INVALID_HANDLE_VALUE;
    bool written = alone == INVALID_HANDLE_VALUE && GetLastError() == ERROR_SHARING_VIOLATION;
    if (alone != INVALID_HANDLE_VALUE)
        CloseHandle(alone);
    free(path);
    return written;
}

bool hs_system_is_growing(int fd, bool any)
{
    OVERLAPPED at = mark();
    if (LockFileEx(hs_handle(fd), LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at))
        UnlockFileEx(hs_handle(fd), 0, 1, 0, &at);
    else if (GetLastError() == ERROR_LOCK_VIOLATION || GetLastError() == ERROR_IO_PENDING)
        return true;
    return any && is_written(fd);
}

/* A new file has what its folder gives it. */
void hs_system_set_mode(int fd, const struct stat *old)
{
    (void)fd;
    (void)old;
}

char *hs_system_real_path(const char *path)
{
    wchar_t wide[HS_WIDE_MAX];
    char root[] = "C:/";
    if (*path && path[1] == ':' && !path[2]) {
        root[0] = *path;
        path = root;
    }
    HANDLE file = hs_wide(wide, path) ? CreateFileW(wide, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                                    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL)
                                      : INVALID_HANDLE_VALUE;
    char *real = path_of(file);
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    size_t n = real ? strlen(real) : 0;
    if (n > 1 && real[n - 1] == '/') /* as "C:", so that a name can be joined by '/' */
        real[n - 1] = '\0';
    return real;
}

/* ---- temporary files ---- */

const char *hs_system_temporary_folder(void)
{
    static char *folder;
    wchar_t wide[MAX_PATH + 1];
    DWORD n = folder ? 0 : GetTempPathW(MAX_PATH + 1, wide);
    if (n && n <= MAX_PATH) {
        folder = hs_narrow(wide);
        size_t length = folder ? strlen(folder) : 0;
        if (length > 1 && folder[length - 1] == '/')
            folder[length - 1] = '\0';
    }
    return folder ? folder : ".";
}

uint32_t hs_system_random(void)
{
    unsigned random;
    return rand_s(&random) ? (uint32_t)GetTickCount() : random;
}

int hs_system_unnamed_file(const char *folder)
{
    wchar_t wide[HS_WIDE_MAX];
    char path[MAX_PATH * 4];
    int n = snprintf(path, sizeof path, "%s/heapstrata-%08x", folder, hs_system_random());
    errno = ENAMETOOLONG;
    if (n < 0 || n >= (int)sizeof path || !hs_wide(wide, path))
        return -1;
    /* It has a name, but only as long as it is open. */
    HANDLE file = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              CREATE_NEW, FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return hs_fail();
    int fd = _open_osfhandle((intptr_t)file, _O_BINARY | _O_RDWR | _O_NOINHERIT);
    if (fd < 0)
        CloseHandle(file);
    return fd;
}

void hs_system_remove_tree(const char *path)
{
    wchar_t wide[HS_WIDE_MAX];
    WIN32_FIND_DATAW entry;
    char *pattern = NULL;
    if (!unlink(path) || asprintf(&pattern, "%s/*", path) < 0)
        return;
    HANDLE search = hs_wide(wide, pattern) ? FindFirstFileW(wide, &entry) : INVALID_HANDLE_VALUE;
    free(pattern);
    if (search == INVALID_HANDLE_VALUE)
        return;
    do {
        char *name = hs_narrow(entry.cFileName), *below = NULL;
        if (name && strcmp(name, ".") && strcmp(name, "..") && asprintf(&below, "%s/%s", path, name) >= 0) {
            hs_system_remove_tree(below);
            free(below);
        }
        free(name);
    } while (FindNextFileW(search, &entry));
    FindClose(search);
    rmdir(path);
}

bool hs_system_add_name(const char *path, const char *name)
{
    wchar_t old[HS_WIDE_MAX], new[HS_WIDE_MAX];
    return hs_wide(old, path) && hs_wide(new, name) && CreateHardLinkW(new, old, NULL);
}

/* ---- Ctrl-C, and the window that is closed ---- */

/* Windows reports them in a thread of its own. */
static void (*at_end)(void);
static CRITICAL_SECTION section;

__attribute__((constructor)) static void begin(void) { InitializeCriticalSection(&section); }

static BOOL WINAPI on_event(DWORD event)
{
    (void)event;
    EnterCriticalSection(&section); /* not left: the program ends when this handler returns */
    at_end();
    return FALSE;
}

void hs_system_on_end(void (*drop)(void))
{
    if (!at_end)
        SetConsoleCtrlHandler(on_event, TRUE);
    at_end = drop;
}

void hs_system_hold_signals(void) { EnterCriticalSection(&section); }
void hs_system_release_signals(void) { LeaveCriticalSection(&section); }
void hs_system_survive_large_files(void) {}

/* ---- the user ---- */

char *hs_system_state_folder(void)
{
    const wchar_t *folder = _wgetenv(L"LOCALAPPDATA");
    return folder && *folder ? hs_narrow(folder) : NULL;
}

bool hs_system_is_mine(const struct stat *status, bool alone)
{
    (void)status;
    (void)alone;
    return true;
}

bool hs_system_secret(void *bytes, size_t n)
{
    unsigned random;
    bool got = true;
    for (size_t i = 0; got && i < n; i += sizeof random) {
        got = !rand_s(&random);
        memcpy((char *)bytes + i, &random, n - i < sizeof random ? n - i : sizeof random);
    }
    return got;
}

/* ---- terminal and time ---- */

/* For the C library it is an argument that is not valid. */
bool hs_system_reader_has_ended(int why)
{
    return (why == EPIPE || why == EINVAL) && GetFileType(hs_handle(STDOUT_FILENO)) == FILE_TYPE_PIPE;
}

unsigned hs_system_columns(void)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    return GetConsoleScreenBufferInfo(hs_handle(STDOUT_FILENO), &info) ? (unsigned)(info.srWindow.Right - info.srWindow.Left + 1)
                                                                       : 0;
}

static uint32_t code_of(const char *character, size_t length)
{
    uint32_t code = (unsigned char)*character & (length > 1 ? 0x7fu >> length : 0x7fu);
    for (size_t i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)character[i] & 0x3f);
    return code;
}

int hs_system_width(const char *character, size_t length)
{
    static const struct {
        uint32_t first, last;
        int width;
    } special[] = {
        {0x300, 0x36f, 0},     {0x200b, 0x200f, 0},   {0x20d0, 0x20ff, 0},   {0xfe00, 0xfe0f, 0}, /* set on the one before */
        {0x1100, 0x115f, 2},   {0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},
        {0xf900, 0xfaff, 2},   {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},
        {0x1f300, 0x1f64f, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
    };
    uint32_t code = code_of(character, length);
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (code >= special[i].first && code <= special[i].last)
            return special[i].width;
    return 1;
}

bool hs_system_has_utf8(void) { return true; } /* the console is set to it */

uint64_t hs_system_milliseconds(void) { return GetTickCount64(); }
