/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <string.h>

#include "lwip/etharp.h"
#include "lwip/prot/dns.h"
#include "lwip/prot/iana.h"
#include "lwip/prot/ip.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

#define MTU 1500
#define FRAMES 64u      /* on their way to lwIP */
#define NET 0xc0a80400u /* 192.168.4.0; a host's number is the last byte of its addresses */
#define BROWSER 2u

struct network_counts network_counts;
static struct netif *nic;
static uint32_t now, random_state;

u32_t sys_now(void) { return now; }

/* G. Marsaglia, "Xorshift RNGs", 2003. */
uint32_t network_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    return random_state ^= random_state << 5;
}

static unsigned below(unsigned n) { return network_random() % n; }

/* --- frames to lwIP ----------------------------------------------------------------------------------- */

/* Bytes written one behind the other, numbers big endian. */
struct frame {
    uint8_t byte[MTU + 14];
    uint16_t len;
};

static struct frame queue[FRAMES];
static unsigned oldest, n_queued;

static void put(struct frame *f, const void *bytes, size_t n)
{
    memcpy(f->byte + f->len, bytes, n);
    f->len = (uint16_t)(f->len + n);
}
static void put8(struct frame *f, unsigned value) { f->byte[f->len++] = (uint8_t)value; }
static void put16(struct frame *f, unsigned value) { put8(f, value >> 8), put8(f, value); }
static void put32(struct frame *f, uint32_t value) { put16(f, value >> 16), put16(f, value & 0xffff); }
static unsigned get16(const uint8_t *at) { return (unsigned)at[0] << 8 | at[1]; }
static uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }

/* The next frame to fill; the oldest goes when too many are on their way. */
static struct frame *new_frame(void)
{
    if (n_queued == FRAMES) {
        oldest = (oldest + 1) % FRAMES;
        n_queued--;
    }
    struct frame *f = &queue[(oldest + n_queued++) % FRAMES];
    f->len = 0;
    return f;
}

static void put_ethernet(struct frame *f, const uint8_t *to, unsigned host, unsigned type)
{
    const uint8_t from[6] = {2, 0, 0, 0, 1, (uint8_t)host};
    put(f, to, 6);
    put(f, from, 6);
    put16(f, type);
}

static void put_ip4(struct frame *f, unsigned host, uint32_t to, unsigned protocol, unsigned len)
{
    put16(f, 0x4500);
    put16(f, 20 + len);
    put32(f, 0);
    put8(f, to >> 28 == 0xe ? 255 : 64);
    put8(f, protocol);
    put16(f, 0); /* check sums are not looked at: lwipopts.h */
    put32(f, NET | host);
    put32(f, to);
}

/* lwIP has no room where there is no pbuf. */
static void deliver(const struct frame *f)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, f->len, PBUF_POOL);
    if (!p) {
        network_counts.dropped++;
        return;
    }
    pbuf_take(p, f->byte, f->len);
    if (nic->input(p, nic) != ERR_OK)
        pbuf_free(p);
}

/* --- the browser's side of TCP: a link that loses nothing needs no more -------------------------------- */

static struct {
    unsigned port;
    uint32_t next, seen; /* sequence numbers: of our next byte, of the server's next */
    enum { CLOSED, OPENING, OPEN } state;
} browser = {.port = 50000};

enum { FIN = 1, SYN = 2, ACK = 16 };

static void send_tcp(unsigned flags, const char *text)
{
    struct frame *f = new_frame();
    size_t len = strlen(text);
    put_ethernet(f, nic->hwaddr, BROWSER, ETHTYPE_IP);
    put_ip4(f, BROWSER, NET | 1, IP_PROTO_TCP, (unsigned)(20 + len));
    put16(f, browser.port);
    put16(f, LWIP_IANA_PORT_HTTP);
    put32(f, browser.next);
    put32(f, browser.seen);
    put16(f, 5u << 12 | flags);
    put16(f, 65535); /* window */
    put32(f, 0);
    put(f, text, len);
    browser.next += (uint32_t)len + ((flags & (SYN | FIN)) != 0);
}

void network_browse(void)
{
    browser.port = browser.port < 60000 ? browser.port + 1 : 50000;
    browser.next = network_random();
    browser.seen = 0;
    browser.state = OPENING;
    send_tcp(SYN, "");
}

static void receive_tcp(const uint8_t *ip, unsigned len)
{
    const uint8_t *tcp = ip + 4 * (ip[0] & 15);
    unsigned flags = tcp[13], data = len - (unsigned)(tcp - ip) - tcp[12] / 16u * 4;
    if (get16(tcp + 2) != browser.port || browser.state == CLOSED)
        return;
    if (browser.state == OPENING && flags & SYN) {
        browser.seen = get32(tcp + 4) + 1;
        browser.state = OPEN;
        send_tcp(ACK, "GET / HTTP/1.0\r\nHost: pico\r\n\r\n");
    } else if (get32(tcp + 4) == browser.seen && (data || flags & FIN)) {
        browser.seen += data + (flags & FIN);
        send_tcp(flags & FIN ? ACK | FIN : ACK, "");
        if (flags & FIN) {
            browser.state = CLOSED;
            network_counts.pages++;
        }
    }
}

/* --- hosts that ask by mDNS ---------------------------------------------------------------------------- */

static void put_name(struct frame *f, const char *name)
{
    while (*name) {
        size_t n = strcspn(name, ".");
        put8(f, (unsigned)n);
        put(f, name, n);
        name += n + (name[n] == '.');
    }
    put8(f, 0);
}

/* The last is not ours. */
static const struct question {
    const char *name;
    unsigned type;
} questions[] = {
    {"_http._tcp.local", DNS_RRTYPE_PTR},
    {"_services._dns-sd._udp.local", DNS_RRTYPE_PTR},
    {"pico.local", DNS_RRTYPE_A},
    {"pico.local", DNS_RRTYPE_AAAA},
    {"page._http._tcp.local", DNS_RRTYPE_SRV},
    {"page._http._tcp.local", DNS_RRTYPE_TXT},
    {"pico.local", DNS_RRTYPE_ANY},
    {"other.local", DNS_RRTYPE_A},
};

#define ASK_UNICAST 0x8000u /* bit of the class: the answer need not go to all */
#define TRUNCATED 0x0200u   /* flag: what the host knows already follows in another packet */

static void put_query(struct frame *f, const struct question *q)
{
    put16(f, 0); /* id */
    put16(f, below(12) ? 0 : TRUNCATED);
    put16(f, 1); /* questions */
    put16(f, 0); /* answers, authorities, additional records */
    put32(f, 0);
    put_name(f, q->name);
    put16(f, q->type);
    put16(f, DNS_RRCLASS_IN | (below(4) ? 0 : ASK_UNICAST));
}

void network_query(unsigned hosts)
{
    static const uint8_t group[6] = {1, 0, 0x5e, 0, 0, 0xfb};
    unsigned host = 10 + below(hosts);
    struct frame data = {.len = 0}, *f = new_frame();
    put_query(&data, &questions[below(sizeof questions / sizeof *questions)]);
    put_ethernet(f, group, host, ETHTYPE_IP);
    put_ip4(f, host, 0xe00000fb, IP_PROTO_UDP, 8u + data.len);
    put16(f, LWIP_IANA_PORT_MDNS);
    put16(f, LWIP_IANA_PORT_MDNS);
    put16(f, 8u + data.len);
    put16(f, 0);
    put(f, data.byte, data.len);
    network_counts.queries++;
}

/* --- frames from lwIP ----------------------------------------------------------------------------------- */

/* All hosts of the network are there. */
static void answer_arp(const uint8_t *request)
{
    unsigned host = request[27];
    const uint8_t mac[6] = {2, 0, 0, 0, 1, (uint8_t)host};
    struct frame *f = new_frame();
    put_ethernet(f, nic->hwaddr, host, ETHTYPE_ARP);
    put32(f, 0x00010800);
    put32(f, 0x06040002);
    put(f, mac, 6);
    put32(f, NET | host);
    put(f, request + 8, 10);
}

static err_t transmit(struct netif *netif, struct pbuf *p)
{
    uint8_t byte[MTU + 14];
    unsigned len = pbuf_copy_partial(p, byte, sizeof byte, 0), type = get16(byte + 12);
    const uint8_t *ip = byte + 14;
    (void)netif;
    if (type == ETHTYPE_ARP && get16(ip + 6) == 1 && ip[27] != 1)
        answer_arp(ip);
    else if (type == ETHTYPE_IP && ip[9] == IP_PROTO_TCP)
        receive_tcp(ip, get16(ip + 2));
    else if (len > 60)
        network_counts.answers++;
    return ERR_OK;
}

static err_t initialise(struct netif *netif)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    memcpy(netif->hwaddr, mac, 6);
    netif->hwaddr_len = 6;
    netif->mtu = MTU;
    netif->name[0] = 's', netif->name[1] = 'i';
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->linkoutput = transmit;
    return ERR_OK;
}

void network_begin(struct netif *netif, uint32_t seed)
{
    ip4_addr_t address, mask, gateway;
    IP4_ADDR(&address, 192, 168, 4, 1);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    ip4_addr_set_zero(&gateway);
    random_state = seed * 2654435761u | 1;
    nic = netif;
    netif_add(netif, &address, &mask, &gateway, NULL, initialise, ethernet_input);
    netif_set_default(netif);
    netif_set_up(netif);
}

void network_tick(void)
{
    now++;
    for (unsigned n = n_queued; n--;) {
        const struct frame f = queue[oldest];
        oldest = (oldest + 1) % FRAMES;
        n_queued--;
        deliver(&f);
    }
    sys_check_timeouts();
}
