/* Reads packets as an old client does, straight into the struct, and prints the values of the fields. */
#include <inttypes.h>
#include <stdio.h>

#include "original.h"

static void print_bytes(const void *start, size_t count) {
    const unsigned char *bytes = start;
    for (size_t i = 0; i < count; i++) {
        printf("%02x", bytes[i]);
    }
}

static void print_wide(unsigned __int128 value) {
    printf(" %016" PRIx64 "%016" PRIx64, (uint64_t)(value >> 64), (uint64_t)value);
}

int main(void) {
    struct everything packet;
    while (fread(&packet, sizeof packet, 1, stdin) == 1) {
        printf("%" PRIu8 " %" PRIu16 " %" PRIu32 " %" PRIu64, packet.a, packet.b, packet.c, packet.d);
        printf(" %" PRId8 " %" PRId16 " %" PRId32 " %" PRId64 " ", packet.e, packet.f, packet.g, packet.h);
        print_bytes(&packet.i, sizeof packet.i);
        printf(" ");
        print_bytes(&packet.j, sizeof packet.j);
        print_wide(packet.k);
        print_wide((unsigned __int128)packet.l);
        printf(" %" PRIu8 " %.12s:", packet.yes, packet.name);
        for (int i = 0; i < 3; i++) {
            printf(" %" PRIu16, packet.ports[i]);
        }
        printf(" %" PRId32 " %" PRId32, packet.at.x, packet.at.y);
        for (int i = 0; i < 2; i++) {
            printf(" %" PRId32 " %" PRId32, packet.corners[i].x, packet.corners[i].y);
        }
        printf(" %" PRIu8 " ", packet.color);
        print_bytes(packet.address, sizeof packet.address);
        printf("\n");
    }
    return 0;
}
