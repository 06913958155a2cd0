/* SPDX-License-Identifier: MIT */
#ifndef STANDIN_RUNTIME_H
#define STANDIN_RUNTIME_H

typedef enum {
    RUN_REASON_STARTUP,
    RUN_REASON_AUTO_RELOAD,
    RUN_REASON_SUPERVISOR_RELOAD,
    RUN_REASON_REPL_RELOAD,
} supervisor_run_reason_t;

supervisor_run_reason_t supervisor_get_run_reason(void);

#endif
