/* SPDX-License-Identifier: MIT
 *
 * A macro called for each field of a record in records.def.
 */
#ifndef HS_EACH_H
#define HS_EACH_H

/* HS_EACH(M, record, (type, field, "text"), ...) expands to M(record, type, field, "text") for each of up to 14 fields, without
 * separators. */
#define HS_EACH(M, record, ...) \
    HS_EACH_OF(__VA_ARGS__, HS_E14, HS_E13, HS_E12, HS_E11, HS_E10, HS_E9, HS_E8, HS_E7, HS_E6, HS_E5, HS_E4, HS_E3, HS_E2, \
               HS_E1, 0) \
    (M, record, __VA_ARGS__)

#define HS_EACH_OF(f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, each, ...) each
#define HS_UNPAREN(...) __VA_ARGS__
#define HS_CALL(M, ...) M(__VA_ARGS__)
#define HS_E1(M, record, f) HS_CALL(M, record, HS_UNPAREN f)
#define HS_E2(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E1(M, record, __VA_ARGS__)
#define HS_E3(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E2(M, record, __VA_ARGS__)
#define HS_E4(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E3(M, record, __VA_ARGS__)
#define HS_E5(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E4(M, record, __VA_ARGS__)
#define HS_E6(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E5(M, record, __VA_ARGS__)
#define HS_E7(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E6(M, record, __VA_ARGS__)
#define HS_E8(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E7(M, record, __VA_ARGS__)
#define HS_E9(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E8(M, record, __VA_ARGS__)
#define HS_E10(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E9(M, record, __VA_ARGS__)
#define HS_E11(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E10(M, record, __VA_ARGS__)
#define HS_E12(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E11(M, record, __VA_ARGS__)
#define HS_E13(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E12(M, record, __VA_ARGS__)
#define HS_E14(M, record, f, ...) HS_CALL(M, record, HS_UNPAREN f) HS_E13(M, record, __VA_ARGS__)

#endif
