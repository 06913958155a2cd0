/* SPDX-License-Identifier: MIT
 *
 * The only file that uses ncurses.
 */
#include "analysis/draw/screen.h"

#if defined HS_WITHOUT_NCURSES || !__has_include(<ncurses.h>)

const char *hs_screen_missing(void) { return "ncurses (Debian: libncurses-dev)"; }
const char *hs_screen_open(bool color, int *keys)
{
    (void)color;
    (void)keys;
    return hs_screen_missing();
}
void hs_screen_close(void) {}
void hs_screen_rescue(void) {}
struct hs_cell_at hs_screen_size(void) { return (struct hs_cell_at){0}; }
void hs_screen_show(const struct hs_pane *pane) { (void)pane; }
int hs_screen_key(void) { return HS_PRESS_NONE; }

#else

#include <fcntl.h>
#include <ncurses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct {
    SCREEN *screen;
    FILE *out, *keys;
    bool open, color;
    struct termios before;
    char leave[128]; /* sequence that restores the terminal where ncurses must not be called */
} the;

const char *hs_screen_missing(void) { return NULL; }

/* ---- rescue ---- */

void hs_screen_rescue(void)
{
    if (the.open && write(STDOUT_FILENO, the.leave, strlen(the.leave)) >= 0)
        tcsetattr(fileno(the.keys), TCSANOW, &the.before);
}

/* Uses only async-signal-safe calls. */
static void rescue(int signal)
{
    hs_screen_rescue();
    raise(signal); /* the handler is removed, so the program ends by this signal */
}

static void prepare_rescue(void)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static const char *const capability[] = {"sgr0", "cnorm", "rmkx", "rmcup"};
    for (size_t i = 0; i < sizeof capability / sizeof *capability; i++) {
        const char *text = tigetstr(capability[i]);
        if (text && text != (char *)-1)
            strncat(the.leave, text, sizeof the.leave - 1 - strlen(the.leave));
    }
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        sigaction(fatal[i], &(struct sigaction){.sa_handler = rescue, .sa_flags = SA_RESETHAND | SA_NODEFER}, NULL);
}

/* ---- open and close ---- */

/* In the order of enum hs_hue. */
static const short colors[] = {-1, COLOR_BLUE, COLOR_CYAN, COLOR_GREEN, COLOR_YELLOW, COLOR_RED, COLOR_MAGENTA, -1};

static void start_colors(void)
{
    start_color();
    use_default_colors();
    for (int hue = 1; hue < HS_HUE_DIM; hue++)
        init_pair((short)hue, colors[hue], -1);
}

const char *hs_screen_open(bool color, int *keys)
{
    const char *term = getenv("TERM");
    if (!isatty(STDOUT_FILENO))
        return "standard output is no terminal";
    if (!term || !*term || !strcmp(term, "dumb"))
        return "this terminal has no screen to draw on (TERM)";
    the.keys = isatty(STDIN_FILENO) ? fdopen(dup(STDIN_FILENO), "r") : fopen("/dev/tty", "re");
    if (!the.keys || tcgetattr(fileno(the.keys), &the.before))
        return "no keyboard: there is no terminal to read keys from";
    the.screen = newterm(NULL, stdout, the.keys);
    if (!the.screen)
        return "nothing is known about this kind of terminal (TERM)";
    the.color = color && has_colors();
    if (the.color)
        start_colors();
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(50);
    curs_set(0);
    prepare_rescue();
    the.open = true;
    atexit(hs_screen_close);
    *keys = fileno(the.keys);
    return NULL;
}

void hs_screen_close(void)
{
    if (!the.open)
        return;
    the.open = false;
    endwin();
    delscreen(the.screen);
    fclose(the.keys);
}

/* ---- panes ---- */

struct hs_cell_at hs_screen_size(void)
{
    return (struct hs_cell_at){(unsigned)(LINES > 0 ? LINES : 1), (unsigned)(COLS > 0 ? COLS : 1)};
}

static attr_t attributes(struct hs_look look)
{
    attr_t a = look.bold ? A_BOLD : A_NORMAL;
    if (look.reverse)
        a |= A_REVERSE;
    if (look.hue == HS_HUE_DIM)
        a |= A_DIM;
    else if (the.color && look.hue)
        a |= COLOR_PAIR(look.hue);
    return a;
}

void hs_screen_show(const struct hs_pane *pane)
{
    erase();
    for (unsigned row = 0; row < pane->rows; row++) {
        move((int)row, 0);
        for (unsigned i = 0; i < pane->columns; i++) {
            const struct hs_pane_cell *place = &pane->place[(size_t)row * pane->columns + i];
            attrset(attributes(place->look));
            addstr(place->text);
        }
    }
    refresh();
}

/* ---- keys ---- */

int hs_screen_key(void)
{
    static const struct {
        int key, press;
    } special[] = {
        {ERR, HS_PRESS_NONE},          {KEY_UP, HS_PRESS_UP},           {KEY_DOWN, HS_PRESS_DOWN},
        {KEY_PPAGE, HS_PRESS_PAGE_UP}, {KEY_NPAGE, HS_PRESS_PAGE_DOWN}, {KEY_HOME, HS_PRESS_HOME},
        {KEY_END, HS_PRESS_END},       {KEY_RESIZE, HS_PRESS_RESIZE},   {KEY_BACKSPACE, HS_PRESS_BACKSPACE},
        {8, HS_PRESS_BACKSPACE},       {KEY_ENTER, HS_PRESS_ENTER},     {'\r', HS_PRESS_ENTER},
    };
    int key = getch();
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (key == special[i].key)
            return special[i].press;
    return key < 256 ? key : HS_PRESS_OTHER;
}

#endif
