#include <hiredis/hiredis.h>
#include <hiredis/read.h>
#include <stddef.h>

/* A reply of more elements than this is refused before room is made for it. */
#define ANTEROOM_MAX_ELEMENTS 1048576

typedef struct {
    redisReader *reader;
    redisReplyObjectFunctions *defaults;
    redisReplyObjectFunctions functions;
} anteroom_reply_reader;

static inline void *anteroom_create_array(const redisReadTask *task, int elements) {
    anteroom_reply_reader *own = (anteroom_reply_reader *)task->privdata;
    if (elements > ANTEROOM_MAX_ELEMENTS) return NULL;
    return own->defaults->createArray(task, elements);
}

/* The reader of hiredis with its own reply objects, but bounded arrays. */
static inline int anteroom_reply_reader_open(anteroom_reply_reader *own) {
    own->reader = redisReaderCreate();
    if (own->reader == NULL) return 0;
    own->defaults = own->reader->fn;
    own->functions = *own->reader->fn;
    own->functions.createArray = anteroom_create_array;
    own->reader->fn = &own->functions;
    own->reader->privdata = own;
    return 1;
}
