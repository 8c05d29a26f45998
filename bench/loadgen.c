// The load generator: one thread, one epoll, no dependency beyond libc.
//
// It speaks the y-websocket protocol (and Hocuspocus's variant of it) and types valid Yjs updates it
// makes by hand. Three promises hold in every mode:
//   * open loop: latency counts from the moment an update was *meant* to be sent, so a server that
//     stalls cannot hide it by slowing the generator down (coordinated omission);
//   * deliveries are counted by content: every update is eight characters that spell its own number,
//     and receivers read client, clock and characters, so servers may merge frames as they like;
//   * at the end a fresh client joins every document and must be given all that was typed.
// Result: one line of JSON on stdout. Trouble: a sentence on stderr and exit code 1.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { UNIT = 8, READ_BYTES = 1 << 18, MAX_PIDS = 64 };
static const uint64_t FIRST_CLIENT = 1ull << 30;  // real client ids are random 32 bit numbers
static const uint64_t SECOND = 1000000000ull;

typedef struct { uint8_t *at; size_t len, cap; } Bytes;
typedef struct { const uint8_t *at, *end; bool bad; } Reader;
typedef enum { CONNECTING, UPGRADING, AUTHENTICATING, SYNCING, READY, CLOSED } Stage;
typedef struct {
  int fd, doc, member;
  Stage stage;
  bool fresh, wants_write;
  Bytes in, out;
  uint32_t *seen;      // per writer of the document: characters received
  uint64_t total;      // characters of any author, for documents somebody else typed
} Conn;
typedef struct {
  int doc, member, waiting;
  uint32_t sent, cap;
  uint64_t phase, *meant;
} Writer;

// ---- settings ------------------------------------------------------------------------------------
static const char *mode = "open", *prefix = "", *tag = "bench", *update_path = "";
static bool hocuspocus, with_awareness;
static int port, docs = 1, clients = 2, writers = 1, joins = 50, many = 50, singles = 5;
static double rate = 1, warm_seconds = 2, run_seconds = 8, drain_seconds = 10;
static uint64_t expect_chars, seed = 1;
static int pids[MAX_PIDS], pid_count;

// ---- state ---------------------------------------------------------------------------------------
static int epoll_fd, timer_fd;
static Conn *conns;
static int conn_count, ready_count, closed_count;
static Writer *all_writers;
static int writer_count;
static uint64_t window_from, window_to;
static bool closed_loop;
static uint64_t delivered, delivered_window, again, wrong, gaps, awareness_got, typed, typed_window;
static uint32_t *latencies, *lags;
static size_t latency_count, latency_cap, lag_count, lag_cap;
static uint8_t read_buffer[READ_BYTES];

static void fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static uint64_t random_below(uint64_t limit) {  // xorshift64*
  seed ^= seed >> 12, seed ^= seed << 25, seed ^= seed >> 27;
  return (seed * 2685821657736338717ull >> 11) % limit;
}

static void *must(void *p) {
  if (!p) fail("The load generator is out of memory.");
  return p;
}

// ---- bytes ---------------------------------------------------------------------------------------
static void put(Bytes *b, const void *data, size_t len) {
  if (b->len + len > b->cap) {
    b->cap = (b->len + len) * 2 + 64;
    b->at = must(realloc(b->at, b->cap));
  }
  memcpy(b->at + b->len, data, len);
  b->len += len;
}

static void put_uint(Bytes *b, uint64_t n) {
  uint8_t out[10];
  int len = 0;
  while (n > 127) out[len++] = (uint8_t)(n | 128), n >>= 7;
  out[len++] = (uint8_t)n;
  put(b, out, (size_t)len);
}

static void put_block(Bytes *b, const void *data, size_t len) { put_uint(b, len), put(b, data, len); }

static uint64_t take_uint(Reader *r) {
  uint64_t n = 0;
  for (int shift = 0; r->at < r->end && shift < 64; shift += 7) {
    uint8_t byte = *r->at++;
    n |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) return n;
  }
  r->bad = true;
  return 0;
}

static Reader take_block(Reader *r) {
  uint64_t len = take_uint(r);
  if (r->bad || len > (uint64_t)(r->end - r->at)) return r->bad = true, (Reader){r->at, r->at, true};
  Reader block = {r->at, r->at + len, false};
  r->at += len;
  return block;
}

static uint64_t utf16_units(Reader text) {
  uint64_t units = 0;
  for (const uint8_t *p = text.at; p < text.end; p++) units += (*p & 0xC0) != 0x80 ? 1 + (*p >= 0xF0) : 0;
  return units;
}

static void keep(uint32_t **list, size_t *count, size_t *cap, uint64_t ns) {
  if (*count == *cap) *list = must(realloc(*list, (*cap = *cap * 2 + 4096) * sizeof **list));
  (*list)[(*count)++] = (uint32_t)(ns / 1000 > UINT32_MAX ? UINT32_MAX : ns / 1000);
}

// ---- the server's process ------------------------------------------------------------------------
static double cpu_seconds(void) {
  double ticks = 0;
  for (int i = 0; i < pid_count; i++) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pids[i]);
    FILE *f = fopen(path, "r");
    if (!f) continue;
    unsigned long user = 0, system = 0;
    char *after = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    if (after && sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2)
      ticks += (double)(user + system);
    fclose(f);
  }
  return ticks / (double)sysconf(_SC_CLK_TCK);
}

static double rss_kb(void) {
  double sum = 0;
  for (int i = 0; i < pid_count; i++) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", pids[i]);
    FILE *f = fopen(path, "r");
    unsigned long kb;
    while (f && fgets(line, sizeof line, f))
      if (sscanf(line, "VmRSS: %lu", &kb) == 1) sum += (double)kb;
    if (f) fclose(f);
  }
  return sum;
}

// ---- sending -------------------------------------------------------------------------------------
static void watch(Conn *c, int op) {
  struct epoll_event event = {.events = EPOLLIN | (c->wants_write ? EPOLLOUT : 0), .data.ptr = c};
  if (epoll_ctl(epoll_fd, op, c->fd, &event)) fail("epoll refused a socket: %s", strerror(errno));
}

static void drop(Conn *c) {
  if (c->stage == CLOSED) return;
  close(c->fd);
  if (!c->fresh) closed_count++;
  c->stage = CLOSED;
}

static void flush(Conn *c) {
  size_t done = 0;
  while (done < c->out.len) {
    ssize_t n = send(c->fd, c->out.at + done, c->out.len - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) return drop(c);
    done += (size_t)n;
  }
  memmove(c->out.at, c->out.at + done, c->out.len -= done);
  if (c->wants_write != (c->out.len > 0)) c->wants_write = c->out.len > 0, watch(c, EPOLL_CTL_MOD);
}

static void put_frame(Conn *c, int opcode, const uint8_t *data, size_t len) {
  static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
  uint8_t head[14] = {(uint8_t)(0x80 | opcode)};
  size_t size = 2;
  if (len < 126) head[1] = (uint8_t)(0x80 | len);
  else if (len < 65536) head[1] = 0x80 | 126, head[2] = (uint8_t)(len >> 8), head[3] = (uint8_t)len, size = 4;
  else {
    head[1] = 0x80 | 127, size = 10;
    for (int i = 0; i < 8; i++) head[2 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
  }
  memcpy(head + size, mask, 4);
  put(&c->out, head, size + 4);
  size_t from = c->out.len;
  put(&c->out, data, len);
  for (size_t i = 0; i < len; i++) c->out.at[from + i] ^= mask[i & 3];
}

static Bytes scratch, body;

static Bytes *start_message(const Conn *c) {
  scratch.len = 0;
  if (hocuspocus) {
    char name[128];
    int len = snprintf(name, sizeof name, "%s-%d", tag, c->doc);
    put_block(&scratch, name, (size_t)len);
  }
  return &scratch;
}

static void put_sync(Conn *c, int step, const uint8_t *data, size_t len) {
  Bytes *m = start_message(c);
  put_uint(m, 0), put_uint(m, (uint64_t)step), put_block(m, data, len);
  put_frame(c, 2, m->at, m->len);
}

static void put_token(Conn *c) {
  Bytes *m = start_message(c);
  put_uint(m, 2), put_uint(m, 0), put_block(m, "bench", 5), put_block(m, "4.7.0", 5);
  put_frame(c, 2, m->at, m->len);
}

static void write_unit(char out[UNIT + 1], uint32_t number) {
  snprintf(out, UNIT + 1, "%07u ", number % 10000000u);
}

static void put_update(Conn *c, uint64_t client, uint32_t number) {
  char text[UNIT + 1];
  uint64_t clock = (uint64_t)number * UNIT;
  body.len = 0;
  put_uint(&body, 1), put_uint(&body, 1), put_uint(&body, client), put_uint(&body, clock);
  if (clock == 0) put(&body, "\x04", 1), put_uint(&body, 1), put_block(&body, "t", 1);
  else put(&body, "\x84", 1), put_uint(&body, client), put_uint(&body, clock - 1);
  write_unit(text, number);
  put_block(&body, text, UNIT), put_uint(&body, 0);
  put_sync(c, 2, body.at, body.len);
}

static void put_awareness(Conn *c, uint64_t client, uint32_t number) {
  char json[256];
  int len = snprintf(json, sizeof json,
                     "{\"user\":{\"name\":\"Writer %llu\",\"color\":\"#30bced\"},\"cursor\":{\"anchor\":"
                     "{\"tname\":\"t\",\"assoc\":0,\"item\":{\"client\":%llu,\"clock\":%u}}}}",
                     (unsigned long long)client, (unsigned long long)client, number * UNIT);
  body.len = 0;
  put_uint(&body, 1), put_uint(&body, client), put_uint(&body, number + 1), put_block(&body, json, (size_t)len);
  Bytes *m = start_message(c);
  put_uint(m, 1), put_block(m, body.at, body.len);
  put_frame(c, 2, m->at, m->len);
}

// ---- typing --------------------------------------------------------------------------------------
static uint64_t client_of(int writer) { return FIRST_CLIENT + (uint64_t)writer; }
static Conn *seat(const Writer *w) { return &conns[w->doc * clients + w->member]; }

static void type_once(int index, uint64_t meant, uint64_t now) {
  Writer *w = &all_writers[index];
  Conn *c = seat(w);
  if (c->stage != READY) return;
  if (w->sent == w->cap) w->meant = must(realloc(w->meant, (w->cap = w->cap * 2 + 64) * sizeof *w->meant));
  w->meant[w->sent] = meant;
  w->waiting = clients - 1;
  put_update(c, client_of(index), w->sent);
  if (with_awareness) put_awareness(c, client_of(index), w->sent);
  w->sent++, typed++;
  if (meant >= window_from && meant < window_to) {
    typed_window++;
    keep(&lags, &lag_count, &lag_cap, now - meant);
  }
  flush(c);
}

static void received(Conn *c, int index, uint32_t number, uint64_t now) {
  Writer *w = &all_writers[index];
  if (c->fresh) return;
  if (number >= w->sent) { wrong++; return; }
  delivered++;
  uint64_t meant = w->meant[number];
  if (meant >= window_from && meant < window_to) {
    delivered_window++;
    keep(&latencies, &latency_count, &latency_cap, now - meant);
  }
  if (closed_loop && --w->waiting == 0 && now < window_to) type_once(index, now, now);
}

static void run_of_text(Conn *c, uint64_t client, uint64_t clock, uint64_t len, Reader text, uint64_t now) {
  c->total += len;
  if (!c->seen || client < FIRST_CLIENT || client >= FIRST_CLIENT + (uint64_t)writer_count) return;
  int index = (int)(client - FIRST_CLIENT);
  Writer *w = &all_writers[index];
  if (w->doc != c->doc) { wrong++; return; }
  if (!c->fresh && w->member == c->member) return;  // the echo of one's own typing
  uint32_t *seen = &c->seen[index % writers];
  if (clock > *seen) gaps += (clock - *seen) / UNIT, *seen = (uint32_t)clock;
  if (clock + len <= *seen) { again += !c->fresh; return; }
  for (uint64_t at = *seen; at + UNIT <= clock + len; at += UNIT) {
    char want[UNIT + 1];
    write_unit(want, (uint32_t)(at / UNIT));
    if (memcmp(text.at + (at - clock), want, UNIT) != 0) wrong++;
    *seen = (uint32_t)(at + UNIT);
    received(c, index, (uint32_t)(at / UNIT), now);
  }
}

// ---- reading Yjs updates (v1) --------------------------------------------------------------------
static void take_id(Reader *r) { take_uint(r), take_uint(r); }

static void read_struct(Conn *c, Reader *r, uint64_t client, uint64_t *clock, uint64_t now) {
  if (r->at >= r->end) { r->bad = true; return; }
  uint8_t info = *r->at++, ref = info & 31;
  if (ref == 0 || ref == 10) {
    uint64_t len = take_uint(r);
    if (ref == 0) c->total += len;
    *clock += len;
    return;
  }
  if (info & 128) take_id(r);
  if (info & 64) take_id(r);
  if (!(info & 192)) {
    if (take_uint(r) == 1) take_block(r);
    else take_id(r);
    if (info & 32) take_block(r);
  }
  uint64_t len = 1, kind;
  switch (ref) {
    case 1: len = take_uint(r), c->total += len; break;
    case 4: {
      Reader text = take_block(r);
      len = utf16_units(text);
      if (!r->bad) run_of_text(c, client, *clock, len, text, now);
      break;
    }
    case 3: case 5: take_block(r), c->total++; break;
    case 6: take_block(r), take_block(r), c->total++; break;
    case 7: kind = take_uint(r), c->total++; if (kind == 3 || kind == 5) take_block(r); break;
    default: r->bad = true;
  }
  *clock += len;
}

static void read_update(Conn *c, Reader r, uint64_t now) {
  for (uint64_t many_clients = take_uint(&r); many_clients && !r.bad; many_clients--) {
    uint64_t structs = take_uint(&r), client = take_uint(&r), clock = take_uint(&r);
    for (; structs && !r.bad; structs--) read_struct(c, &r, client, &clock, now);
  }
  if (r.bad) fail("A server sent an update the load generator cannot read.");
}

// ---- reading messages ----------------------------------------------------------------------------
static void became_ready(Conn *c) {
  if (c->stage == READY) return;
  c->stage = READY;
  ready_count++;
}

static void ask_for_everything(Conn *c) {
  c->stage = SYNCING;
  put_sync(c, 0, (const uint8_t *)"\0", 1);
}

static void read_message(Conn *c, const uint8_t *data, size_t len, uint64_t now) {
  Reader r = {data, data + len, false};
  if (hocuspocus) take_block(&r);
  uint64_t kind = take_uint(&r);
  if (kind == 0 || kind == 4) {
    uint64_t step = take_uint(&r);
    Reader payload = take_block(&r);
    if (r.bad) fail("A server sent a sync message the load generator cannot read.");
    if (step == 0) { put_sync(c, 1, (const uint8_t *)"\0\0", 2); return; }
    read_update(c, payload, now);
    if (step == 1 || expect_chars) {
      if (!expect_chars || c->total >= expect_chars) became_ready(c);
    }
  } else if (kind == 1) {
    Reader payload = take_block(&r);
    awareness_got += take_uint(&payload);
  } else if (kind == 2 && hocuspocus && c->stage == AUTHENTICATING) {
    if (take_uint(&r) != 2) fail("Hocuspocus refused the token.");
    ask_for_everything(c);
  }
}

// Returns how many bytes of the buffer were whole frames.
static size_t read_frames(Conn *c, const uint8_t *data, size_t len, uint64_t now) {
  size_t at = 0;
  while (len - at >= 2 && c->stage != CLOSED) {
    const uint8_t *p = data + at;
    uint64_t size = p[1] & 127;
    size_t head = 2;
    if (size == 126) head = 4;
    if (size == 127) head = 10;
    if (len - at < head) break;
    if (head > 2) size = 0;
    for (size_t i = 2; i < head; i++) size = size << 8 | p[i];
    if (len - at < head + size) break;
    int opcode = p[0] & 15;
    if (!(p[0] & 128) || p[1] & 128 || p[0] & 0x70) fail("A server sent a frame the load generator cannot read.");
    at += head + size;
    if (opcode == 2) read_message(c, p + head, size, now);
    else if (opcode == 9) put_frame(c, 10, p + head, size);
    else if (opcode == 8) {
      if (size >= 2) fprintf(stderr, "closed with %d %.*s\n", p[head] << 8 | p[head + 1], (int)size - 2, p + head + 2);
      drop(c);
    }
  }
  return at;
}

static size_t read_upgrade(Conn *c, const uint8_t *data, size_t len) {
  const uint8_t *end = memmem(data, len, "\r\n\r\n", 4);
  if (!end) return 0;
  if (len < 12 || memcmp(data + 9, "101", 3) != 0)
    fail("A server refused the WebSocket: %.*s", (int)(len < 60 ? len : 60), (const char *)data);
  c->stage = AUTHENTICATING;
  if (hocuspocus) put_token(c);
  else ask_for_everything(c);
  return (size_t)(end + 4 - data);
}

static void receive(Conn *c) {
  ssize_t n = recv(c->fd, read_buffer, sizeof read_buffer, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return drop(c);
  uint64_t now = now_ns();
  const uint8_t *data = read_buffer;
  size_t len = (size_t)n, used = 0;
  if (c->in.len) put(&c->in, read_buffer, len), data = c->in.at, len = c->in.len;
  if (c->stage == UPGRADING) used = read_upgrade(c, data, len);
  if (c->stage > UPGRADING) used += read_frames(c, data + used, len - used, now);
  if (c->stage == CLOSED) return;
  if (data == c->in.at) memmove(c->in.at, c->in.at + used, c->in.len -= used);
  else if (used < len) put(&c->in, data + used, len - used);
  if (c->out.len) flush(c);
}

// ---- connecting ----------------------------------------------------------------------------------
static void start_connect(Conn *c) {
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) fail("No socket: %s", strerror(errno));
  int on = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
    fail("Cannot connect to port %d: %s", port, strerror(errno));
  char request[512];
  char path[160] = "";
  if (!hocuspocus) snprintf(path, sizeof path, "%s%s-%d", prefix, tag, c->doc);
  int len = snprintf(request, sizeof request,
                     "GET /%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: cXVpbGxyb29tIGJlbmNoIQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                     path, port);
  c->stage = UPGRADING;
  c->wants_write = true;
  put(&c->out, request, (size_t)len);
  watch(c, EPOLL_CTL_ADD);
}

static void turn(int timeout_ms) {
  struct epoll_event events[512];
  int n = epoll_wait(epoll_fd, events, 512, timeout_ms);
  for (int i = 0; i < n; i++) {
    Conn *c = events[i].data.ptr;
    if (!c) {
      uint64_t ticks;
      if (read(timer_fd, &ticks, sizeof ticks) < 0) continue;
    } else if (c->stage != CLOSED) {
      if (events[i].events & EPOLLOUT) flush(c);
      if (c->stage != CLOSED && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
    }
  }
}

// Connects count connections, at most in_flight at a time, and returns the nanoseconds it took.
static uint64_t join_all(Conn *list, int count, int in_flight, double limit_seconds) {
  uint64_t from = now_ns();
  int started = 0, before = ready_count;
  while (ready_count - before < count) {
    while (started < count && started - (ready_count - before) < in_flight) start_connect(&list[started++]);
    turn(100);
    if ((double)(now_ns() - from) > limit_seconds * 1e9)
      fail("Only %d of %d clients were synced after %.0f s.", ready_count - before, count, limit_seconds);
  }
  return now_ns() - from;
}

static void leave(Conn *list, int count) {
  for (int i = 0; i < count; i++) {
    list[i].fresh = true;  // leaving on purpose is not a lost connection
    drop(&list[i]);
    free(list[i].in.at), free(list[i].out.at), free(list[i].seen);
  }
}

static void seat_everybody(void) {
  conn_count = docs * clients, writer_count = docs * writers;
  conns = must(calloc((size_t)conn_count, sizeof *conns));
  all_writers = must(calloc((size_t)writer_count + 1, sizeof *all_writers));
  for (int i = 0; i < conn_count; i++) {
    conns[i].doc = i / clients, conns[i].member = i % clients;
    conns[i].seen = must(calloc((size_t)writers + 1, sizeof(uint32_t)));
  }
  for (int i = 0; i < writer_count; i++) all_writers[i].doc = i / writers, all_writers[i].member = i % writers;
}

// ---- numbers -------------------------------------------------------------------------------------
static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static double ms_at(const uint32_t *sorted, size_t count, double share) {
  if (!count) return -1;
  size_t index = (size_t)(share * (double)count);
  return sorted[index < count ? index : count - 1] / 1000.0;
}

static double own_cpu(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
         (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

// ---- scenario: people typing ---------------------------------------------------------------------
static int by_phase(const void *a, const void *b) {
  uint64_t x = all_writers[*(const int *)a].phase, y = all_writers[*(const int *)b].phase;
  return (x > y) - (x < y);
}

static void type_on_schedule(uint64_t from, uint64_t until) {
  uint64_t period = (uint64_t)(1e9 / rate), next = 0;
  int *order = must(calloc((size_t)writer_count, sizeof *order));
  for (int i = 0; i < writer_count; i++) order[i] = i, all_writers[i].phase = random_below(period);
  qsort(order, (size_t)writer_count, sizeof *order, by_phase);
  for (;;) {
    int index = order[next % (uint64_t)writer_count];
    uint64_t meant = from + all_writers[index].phase + next / (uint64_t)writer_count * period;
    if (meant >= until) break;
    uint64_t now = now_ns();
    if (now >= meant) {
      type_once(index, meant, now), next++;
      if (next % 64 == 0) turn(0);  // a backlog of sends must not starve the receivers
      continue;
    }
    struct itimerspec at = {.it_value = {(time_t)(meant / SECOND), (long)(meant % SECOND)}};
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
    turn(100);
  }
  free(order);
}

static uint64_t expected_deliveries(void) { return typed * (uint64_t)(clients - 1); }

// One fresh client per document must be given everything that was typed in it.
static int documents_whole(void) {
  Conn *fresh = must(calloc((size_t)docs, sizeof *fresh));
  int whole = 0;
  for (int d = 0; d < docs; d++) {
    fresh[d].doc = d, fresh[d].member = clients, fresh[d].fresh = true;
    fresh[d].seen = must(calloc((size_t)writers + 1, sizeof(uint32_t)));
  }
  join_all(fresh, docs, joins < 20 ? joins : 20, 60);
  for (int d = 0; d < docs; d++) {
    bool all = true;
    for (int w = 0; w < writers; w++) all &= fresh[d].seen[w] == all_writers[d * writers + w].sent * UNIT;
    whole += all;
  }
  leave(fresh, docs);
  return whole;
}

static void run_typing(void) {
  seat_everybody();
  uint64_t join_ns = join_all(conns, conn_count, joins, 120);
  uint64_t from = now_ns() + SECOND / 20;
  window_from = from + (uint64_t)(warm_seconds * 1e9);
  window_to = window_from + (uint64_t)(run_seconds * 1e9);
  if (closed_loop) {
    for (int i = 0; i < writer_count; i++) type_once(i, now_ns(), now_ns());
    while (now_ns() < window_from) turn(10);
  } else type_on_schedule(from, window_from);
  double cpu = cpu_seconds(), own = own_cpu();
  uint64_t delivered_before = delivered, cpu_from = now_ns();
  if (closed_loop) while (now_ns() < window_to) turn(10);
  else type_on_schedule(window_from, window_to);
  uint64_t stop = now_ns() + (uint64_t)(drain_seconds * 1e9);
  while (delivered < expected_deliveries() && now_ns() < stop) turn(10);
  double cpu_used = cpu_seconds() - cpu, own_used = own_cpu() - own;
  double wall = (double)(now_ns() - cpu_from) / 1e9;
  uint64_t during = delivered - delivered_before, got = delivered, expected = expected_deliveries();
  double rss = rss_kb();
  int lost_connections = closed_count;
  int whole = documents_whole();
  qsort(latencies, latency_count, sizeof *latencies, by_size);
  qsort(lags, lag_count, sizeof *lags, by_size);
  printf("{\"expected\":%llu,\"delivered\":%llu,\"again\":%llu,\"wrong\":%llu,\"gaps\":%llu,"
         "\"typed\":%llu,\"awareness\":%llu,\"closed\":%d,\"documents\":%d,\"whole\":%d,"
         "\"cpu_seconds\":%.4f,\"cpu_deliveries\":%llu,\"wall_seconds\":%.4f,\"rss_kb\":%.0f,\"join_ms\":%.1f,"
         "\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,"
         "\"lag_p99_ms\":%.3f,\"lag_max_ms\":%.3f,\"generator_cpu\":%.3f,\"deliveries_per_second\":%.0f}\n",
         (unsigned long long)expected, (unsigned long long)got, (unsigned long long)again,
         (unsigned long long)wrong, (unsigned long long)gaps, (unsigned long long)typed,
         (unsigned long long)awareness_got, lost_connections, docs, whole, cpu_used,
         (unsigned long long)during, wall, rss, (double)join_ns / 1e6,
         ms_at(latencies, latency_count, .50), ms_at(latencies, latency_count, .95),
         ms_at(latencies, latency_count, .99), ms_at(latencies, latency_count, 1), ms_at(lags, lag_count, .99),
         ms_at(lags, lag_count, 1), own_used / wall, (double)during / wall);
}

// ---- scenario: connections that do nothing -------------------------------------------------------
static void run_idle(void) {
  writers = 0;
  seat_everybody();
  double before = rss_kb(), cpu = cpu_seconds();
  uint64_t ns = join_all(conns, conn_count, joins, 120);
  uint64_t rest = now_ns() + SECOND;
  while (now_ns() < rest) turn(50);
  double after = rss_kb();
  printf("{\"connections\":%d,\"closed\":%d,\"connects_per_second\":%.0f,\"kb_per_connection\":%.2f,"
         "\"rss_kb\":%.0f,\"cpu_seconds\":%.3f}\n",
         conn_count, closed_count, conn_count / ((double)ns / 1e9), (after - before) / conn_count, after,
         cpu_seconds() - cpu);
}

// ---- scenario: a long document -------------------------------------------------------------------
static void upload(Conn *c) {
  FILE *f = fopen(update_path, "rb");
  if (!f) fail("Cannot read %s.", update_path);
  Bytes update = {0};
  size_t n;
  while ((n = fread(read_buffer, 1, sizeof read_buffer, f)) > 0) put(&update, read_buffer, n);
  fclose(f);
  put_sync(c, 2, update.at, update.len);
  flush(c);
  free(update.at);
}

static double join_fresh_ms(int count, double limit_seconds) {
  Conn *list = must(calloc((size_t)count, sizeof *list));
  for (int i = 0; i < count; i++) list[i].fresh = true;
  double ms = (double)join_all(list, count, joins < count ? joins : count, limit_seconds) / 1e6;
  leave(list, count);
  free(list);
  return ms;
}

static void run_document(void) {
  static Conn author;
  uint64_t wanted = expect_chars;
  if (*update_path) {
    expect_chars = 0;
    join_all(&author, 1, 1, 30);
    upload(&author);
    expect_chars = wanted;
    join_fresh_ms(1, 60);  // answered only when the document is there; not measured
  }
  printf("{\"one_ms\":[");
  for (int i = 0; i < singles; i++) printf("%s%.3f", i ? "," : "", join_fresh_ms(1, 60));
  double cpu = cpu_seconds();
  double ms = many ? join_fresh_ms(many, 60) : -1;
  printf("],\"many_ms\":%.3f,\"many\":%d,\"many_cpu\":%.3f,\"rss_kb\":%.0f}\n", ms, many, cpu_seconds() - cpu,
         rss_kb());
}

// ---- command line --------------------------------------------------------------------------------
static void read_arguments(int count, char **words) {
  for (int i = 1; i + 1 < count; i += 2) {
    const char *name = words[i], *value = words[i + 1];
    if (!strcmp(name, "--mode")) mode = value;
    else if (!strcmp(name, "--port")) port = atoi(value);
    else if (!strcmp(name, "--dialect")) hocuspocus = !strcmp(value, "hocuspocus");
    else if (!strcmp(name, "--prefix")) prefix = value;
    else if (!strcmp(name, "--name")) tag = value;
    else if (!strcmp(name, "--docs")) docs = atoi(value);
    else if (!strcmp(name, "--clients")) clients = atoi(value);
    else if (!strcmp(name, "--writers")) writers = atoi(value);
    else if (!strcmp(name, "--rate")) rate = atof(value);
    else if (!strcmp(name, "--warm")) warm_seconds = atof(value);
    else if (!strcmp(name, "--seconds")) run_seconds = atof(value);
    else if (!strcmp(name, "--drain")) drain_seconds = atof(value);
    else if (!strcmp(name, "--joins")) joins = atoi(value);
    else if (!strcmp(name, "--awareness")) with_awareness = atoi(value) != 0;
    else if (!strcmp(name, "--update")) update_path = value;
    else if (!strcmp(name, "--expect")) expect_chars = strtoull(value, NULL, 10);
    else if (!strcmp(name, "--many")) many = atoi(value);
    else if (!strcmp(name, "--singles")) singles = atoi(value);
    else if (!strcmp(name, "--seed")) seed = strtoull(value, NULL, 10) | 1;
    else if (!strcmp(name, "--pid") && pid_count < MAX_PIDS) pids[pid_count++] = atoi(value);
    else fail("Unknown setting %s.", name);
  }
}

int main(int count, char **words) {
  read_arguments(count, words);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  epoll_fd = epoll_create1(0);
  timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &event);
  closed_loop = !strcmp(mode, "closed");
  if (closed_loop || !strcmp(mode, "open")) run_typing();
  else if (!strcmp(mode, "idle")) run_idle();
  else if (!strcmp(mode, "document")) run_document();
  else fail("Unknown mode %s.", mode);
  return 0;
}
