/* What glibc has and Swift's Glibc module does not show: spawn.h's part for _GNU_SOURCE, and malloc.h. */
#include <spawn.h>
#include <stddef.h>

#if defined(__GLIBC__)
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
int malloc_trim(size_t pad);
#endif
