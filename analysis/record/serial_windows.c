/* SPDX-License-Identifier: MIT
 *
 * COM ports.
 */
#include "analysis/record/serial.h"

#include <windows.h>

#include <errno.h>

#include "analysis/record/portable.h"
#include "lib/host/windows/wide_windows.h"

#define WRITE_MOST 1000 /* milliseconds for a write; what is left then is tried again */

const char hs_record_usage[] = "--serial COM3 SCRIPT";
const char hs_record_about[] = "This build records on a board at a serial port. It starts no programs and listens to no network.";
const char hs_record_only[] = "this build records only on a board at a serial port: heapstrata record --serial COM3 SCRIPT";
const bool hs_record_keeps_port = false;

bool hs_serial_has_speed(unsigned long long baud) { return baud >= 300 && baud <= 12000000; }

static int set_up(HANDLE port, unsigned baud)
{
    DCB line = {.DCBlength = sizeof line};
    /* Reading returns what has come; the caller waits by poll(). */
    COMMTIMEOUTS times = {.ReadIntervalTimeout = MAXDWORD, .WriteTotalTimeoutConstant = WRITE_MOST};
    if (!GetCommState(port, &line))
        return -1;
    line.BaudRate = baud;
    line.ByteSize = 8;
    line.Parity = NOPARITY;
    line.StopBits = ONESTOPBIT;
    line.fBinary = TRUE;
    line.fParity = line.fOutxCtsFlow = line.fOutxDsrFlow = line.fDsrSensitivity = FALSE;
    line.fOutX = line.fInX = line.fErrorChar = line.fNull = line.fAbortOnError = FALSE;
    line.fDtrControl = DTR_CONTROL_ENABLE; /* a USB port sends nothing without it */
    line.fRtsControl = RTS_CONTROL_ENABLE;
    return SetCommState(port, &line) && SetCommTimeouts(port, &times) ? 0 : -1;
}

/* Ports from COM10 on have a name only with this in front. */
static int name_of(const char *path, wchar_t wide[HS_WIDE_MAX])
{
    char *full = NULL;
    bool is_full = !strncmp(path, "\\\\.\\", 4) || !strncmp(path, "//./", 4);
    if (asprintf(&full, "\\\\.\\%s", is_full ? path + 4 : path) < 0)
        return -1;
    int failed = hs_wide(wide, full) ? 0 : -1;
    free(full);
    return failed;
}

int hs_serial_open(const struct hs_serial_config *config)
{
    wchar_t wide[HS_WIDE_MAX];
    if (name_of(config->path, wide))
        return -1;
    /* Windows gives a port to one program at a time. */
    HANDLE port = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (port == INVALID_HANDLE_VALUE) {
        errno = GetLastError() == ERROR_ACCESS_DENIED ? EBUSY : (hs_fail(), errno);
        return -1;
    }
    int fd = set_up(port, config->baud) ? -1 : _open_osfhandle((intptr_t)port, _O_BINARY | _O_RDWR | _O_NOINHERIT);
    if (fd < 0) {
        CloseHandle(port);
        errno = ENOTTY;
    }
    return fd;
}

void hs_serial_explain(const struct hs_serial_config *config, int why, char *text, size_t size)
{
    const char *what = why == EBUSY    ? "another program uses it (mpremote, Thonny, a terminal program): end that one first"
                       : why == ENOTTY ? "it is no serial port, or does not have this speed"
                       : why == ENOENT
                           ? "there is no such port: the Device Manager shows under Ports which COM number the board has"
                           : strerror(why);
    snprintf(text, size, "cannot open %s: %s", config->path, what);
}

void hs_serial_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* ---- interrupts ---- */

static volatile int *interrupts;

static BOOL WINAPI on_event(DWORD event)
{
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        return FALSE;
    ++*interrupts;
    return TRUE;
}

void hs_record_count_interrupts(volatile int *count)
{
    interrupts = count;
    SetConsoleCtrlHandler(on_event, TRUE);
}
