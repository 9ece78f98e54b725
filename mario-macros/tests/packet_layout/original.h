/* Packets as an old client declares them: packed, and sent as they lie in memory. */
#include <stdint.h>

#pragma pack(push, 1)

struct header {
    uint32_t stx;
    uint16_t pkglen;
    uint16_t cmd;
};

struct login {
    struct header header;
    uint16_t uid;
};

struct point {
    int32_t x;
    int32_t y;
};

enum color { COLOR_RED = 1, COLOR_BLUE = 7 };

struct everything {
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    int8_t e;
    int16_t f;
    int32_t g;
    int64_t h;
    float i;
    double j;
    unsigned __int128 k;
    __int128 l;
    uint8_t yes;
    char name[12];
    uint16_t ports[3];
    struct point at;
    struct point corners[2];
    uint8_t color;
    uint8_t address[6];
};

#pragma pack(pop)
