/* SPDX-License-Identifier: MIT
 *
 * A file that nobody can name and that goes with its last user.
 */
#ifndef HS_IMPORT_UNNAMED_H
#define HS_IMPORT_UNNAMED_H

/* Makes one in $TMPDIR, for reading and writing. -1 with errno set. */
int hs_unnamed_file(void);

/* Opens the same file once more, at its beginning, for reading. -1 with errno set. */
int hs_unnamed_again(int fd);

#endif
