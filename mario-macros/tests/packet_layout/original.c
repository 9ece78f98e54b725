/* Writes each packet to standard output, as an old client would to its socket. */
#include <stdio.h>
#include <string.h>

#include "original.h"

static void send_login(void) {
    struct login login;
    login.header.stx = 0x8eb69af7;
    login.header.pkglen = sizeof login;
    login.header.cmd = 0x6101;
    login.uid = 10;
    fwrite(&login, sizeof login, 1, stdout);
}

static void send_everything(void) {
    struct everything packet;
    memset(&packet, 0, sizeof packet);
    packet.a = 0xfe;
    packet.b = 0xfedc;
    packet.c = 0xfedcba98;
    packet.d = 0xfedcba9876543210;
    packet.e = -2;
    packet.f = -300;
    packet.g = -70000;
    packet.h = -5000000000;
    packet.i = -1.5f;
    packet.j = 6.02e23;
    packet.k = (unsigned __int128)1 << 100;
    packet.l = -((__int128)1 << 90);
    packet.yes = 1;
    strcpy(packet.name, "Mario");
    packet.ports[0] = 80;
    packet.ports[1] = 443;
    packet.ports[2] = 8082;
    packet.at.x = 1;
    packet.at.y = -1;
    packet.corners[0].x = 2;
    packet.corners[1].y = -2;
    packet.color = COLOR_BLUE;
    memcpy(packet.address, "\x01\x02\x03\x04\x05\x06", 6);
    fwrite(&packet, sizeof packet, 1, stdout);
}

int main(void) {
    send_login();
    send_everything();
    return 0;
}
