// The load generator of the chat: one thread, one epoll, no dependency beyond libc; several of it may share a load.
//
// Every line of the file given is one person: the secret of a session and the document whose chat they follow and
// write in. Everybody writes at a pace of their own; when a message is meant to be sent follows from its number, its
// author and the moment all processes begin at, so latency counts from there (coordinated omission), and a reader in one
// process knows it of an author in another. Deliveries are counted by what they say: which of whose messages, in which
// place. With --back 1 whoever is cut off comes back to the next server, follows from the last place and says
// one thing after the other, again what was not acknowledged; --cut cuts a share of all off every --cut-every seconds. Says "ready", reads the moment to begin at (nanoseconds, CLOCK_MONOTONIC), answers one line of JSON.
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
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 20, STEPS = 64, BUCKETS = STEPS * 40, NAME = 128, ID = 16 };
static const uint64_t SECOND = 1000000000ull;
static const char *const SENT = "\"message.sent\"", *const ACK = "\"event\":\"ack\"", *const ERROR = "\"event\":\"error\"";
static const char *const CLIENT_ID = "\"client_id\":\"bench-", *const SEQ = "\"seq\":";

typedef struct { char *at; size_t len, cap; } Bytes;
typedef enum { UPGRADING, GREETED, FOLLOWING, READY, CLOSED } Stage;
typedef struct {
  int fd, person, server, said, flying;  // said: messages whose turn came; flying: which waits for its answer, or -1
  Stage stage;
  bool wants_write, was_here;
  Bytes in, out;
  uint8_t *seen;  // a bit for each message of each person
  uint8_t *kept;  // which of its own were acknowledged
  uint64_t last_seq, back_at, again_at;
  char epoch[64];
} Conn;
typedef struct { char token[NAME], document[NAME]; int room; uint64_t phase; } Person;
typedef struct { uint32_t counts[BUCKETS]; uint64_t sum; } Histogram;

enum { SERVERS = 8, TIMELINE = 600 };
static int ports[SERVERS], port_count, shard, shards = 1, joins = 20;
static double rate = 1, warm_seconds = 2, run_seconds = 8, drain_seconds = 15, typing = 0, cut = 0, cut_every = 5;
static bool comes_back, is_running;
static Person *people;
static Conn *conns, **of_person;
static int person_count, conn_count, ready_count, closed_count, epoll_fd, messages_each;
static int *turns;  // people of this process, by when their turn in a period is
static uint64_t begin_at, period, window_from, window_to;
static uint64_t expected, delivered, in_window, doubled, disordered, strange, sent, acked, refused;
static uint64_t cuts, returns, resets, again, postponed, fleeting, random_state = 88172645463325252ull;
static Histogram latencies, lags, acks;
static Histogram *seconds;  // latencies by the second in which a message was meant to be sent
static char first_error[256];
static char read_buffer[READ_BYTES];

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

static void *must(void *p) {
  if (!p) fail("The load generator is out of memory.");
  return p;
}

static void put(Bytes *b, const void *data, size_t len) {
  if (b->len + len > b->cap) b->at = must(realloc(b->at, b->cap = (b->len + len) * 2 + 256));
  memcpy(b->at + b->len, data, len);
  b->len += len;
}

// Microseconds, 64 buckets for each doubling: wrong by less than 1.6 %.
static void count(Histogram *h, uint64_t ns) {
  uint64_t us = ns / 1000;
  int shift = us < STEPS ? 0 : 63 - __builtin_clzll(us) - 6 + 1;
  int bucket = shift == 0 ? (int)us : STEPS * shift + (int)((us >> (shift - 1)) - STEPS);
  h->counts[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

static uint64_t microseconds(int bucket) {
  int shift = bucket / STEPS;
  return shift == 0 ? (uint64_t)bucket : (uint64_t)(bucket % STEPS + STEPS) << (shift - 1);
}

static void print(const char *name, const Histogram *h) {
  printf("\"%s\":{", name);
  const char *comma = "";
  for (int i = 0; i < BUCKETS; i++)
    if (h->counts[i]) printf("%s\"%llu\":%u", comma, (unsigned long long)microseconds(i), h->counts[i]), comma = ",";
  printf("},");
}

// ---- the wire ------------------------------------------------------------------------------------
static void watch(Conn *c, int op) {
  struct epoll_event event = {.events = EPOLLIN | (c->wants_write ? EPOLLOUT : 0), .data.ptr = c};
  if (epoll_ctl(epoll_fd, op, c->fd, &event)) fail("epoll refused a socket: %s", strerror(errno));
}

static double chance(void) {
  random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
  return (double)(random_state >> 11) / (double)(1ull << 53);
}

static void drop(Conn *c) {
  if (c->stage == CLOSED) return;
  if (c->stage != READY && !is_running) fail("The server closed a connection that had not joined yet.");
  close(c->fd);
  c->stage = CLOSED;
  closed_count++;
  c->in.len = c->out.len = 0, c->wants_write = false;
  if (comes_back) c->back_at = now_ns() + (uint64_t)((0.2 + 0.8 * chance()) * 1e9);
}

static void flush(Conn *c) {
  if (c->stage == CLOSED) { c->out.len = 0; return; }
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

static void put_frame(Conn *c, int opcode, const char *data, size_t len) {  // masked with zeros
  uint8_t head[8] = {(uint8_t)(0x80 | opcode), (uint8_t)(0x80 | len)};
  if (len >= 126) head[1] = 0x80 | 126, head[2] = (uint8_t)(len >> 8), head[3] = (uint8_t)len;
  put(&c->out, head, len < 126 ? 6 : 8);
  put(&c->out, data, len);
}

static void say(Conn *c, const char *format, ...) {
  char text[1024];
  va_list args;
  va_start(args, format);
  int len = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  put_frame(c, 1, text, (size_t)len);
  flush(c);
}

static void dial(Conn *c) {
  struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)ports[c->server % port_count])};
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  c->stage = UPGRADING;
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&there, sizeof there)) {
    if (!is_running) fail("Cannot connect: %s", strerror(errno));
    drop(c);
    return;
  }
  int one = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  char request[512];
  int len = snprintf(request, sizeof request,
                     "GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                     "Authorization: Bearer %s\r\n\r\n", people[c->person].token);
  put(&c->out, request, (size_t)len);
  struct timeval slow = {.tv_sec = 10};
  setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &slow, sizeof slow);
  watch(c, EPOLL_CTL_ADD);
  flush(c);
}

// ---- what is said --------------------------------------------------------------------------------
static uint64_t meant(int person, int number) { return begin_at + (uint64_t)number * period + people[person].phase; }

static bool is_measured(uint64_t at) { return at >= window_from && at < window_to; }

static bool bit(const uint8_t *bits, int n) { return bits[n / 8] & (1 << n % 8); }

static void put_message(Conn *c, int number) {
  say(c, "{\"event\":\"message.send\",\"id\":\"%d\",\"data\":{\"document\":\"%s\",\"client_id\":\"bench-%06d-%06d\","
         "\"text\":\"Message %d of person %d, about as long as what people say beside a document.\"}}",
      number, people[c->person].document, c->person, number, number, c->person);
}

// As the page does: one after the other, and the next when the server has the last.
static void say_next(Conn *c) {
  if (c->stage != READY) return;
  if (c->flying >= 0) { again++; put_message(c, c->flying); return; }
  for (int n = 0; n < c->said; n++)
    if (!bit(c->kept, n)) { c->flying = n; put_message(c, n); return; }
}

static void send_message(Conn *c, int number, uint64_t now) {
  uint64_t at = meant(c->person, number);
  c->said = number + 1;
  if (!comes_back && c->stage != READY) return;
  sent++;
  if (is_measured(at)) count(&lags, now - at);
  if (!comes_back) put_message(c, number);
  else if (c->flying < 0) say_next(c);
}

static void follow(Conn *c) {
  c->stage = FOLLOWING;
  const char *document = people[c->person].document;
  if (!c->was_here) say(c, "{\"event\":\"follow\",\"id\":\"follow\",\"data\":{\"topic\":\"doc:%s\"}}", document);
  else say(c, "{\"event\":\"follow\",\"id\":\"follow\",\"data\":{\"topic\":\"doc:%s\",\"after\":%lu,\"epoch\":\"%s\"}}",
           document, c->last_seq, c->epoch);
}

static void delivery(Conn *c, const char *at, const char *end, uint64_t now) {
  const char *id = memmem(at, (size_t)(end - at), CLIENT_ID, strlen(CLIENT_ID));
  const char *seq = memmem(at, (size_t)(end - at), SEQ, strlen(SEQ));
  int person = id ? atoi(id + strlen(CLIENT_ID)) : -1, number = id ? atoi(id + strlen(CLIENT_ID) + 7) : -1;
  bool is_known = seq && person >= 0 && person < person_count && number >= 0 && number < messages_each;
  if (!is_known || people[person].room != people[c->person].room) { strange++; return; }
  uint64_t place = strtoull(seq + strlen(SEQ), NULL, 10);
  disordered += place <= c->last_seq;
  c->last_seq = place;
  size_t bit = (size_t)person * (size_t)messages_each + (size_t)number;
  if (c->seen[bit / 8] & (1 << bit % 8)) { doubled++; return; }
  c->seen[bit / 8] |= (uint8_t)(1 << bit % 8);
  delivered++;
  uint64_t since = meant(person, number), second = (since - begin_at) / SECOND;
  if (second < TIMELINE) count(&seconds[second], now - since);
  if (is_measured(since)) in_window++, count(&latencies, now - since);
}

static const char *next(const char *at, const char *end, const char *mark) {
  const char *found = memmem(at, (size_t)(end - at), mark, strlen(mark));
  return found ? found : end;
}

static void followed(Conn *c, const char *at, const char *end) {
  const char *epoch = next(at, end, "\"epoch\":\""), *seq = next(at, end, SEQ);
  resets += next(at, end, "\"is_reset\":true") < end;
  if (epoch < end) sscanf(epoch + 9, "%63[^\"]", c->epoch);
  if (!c->was_here && seq < end) c->last_seq = strtoull(seq + strlen(SEQ), NULL, 10);
  returns += c->was_here;
  ready_count += !c->was_here;
  c->was_here = true, c->stage = READY;
  if (comes_back) say_next(c);
}

static void answered(Conn *c, const char *at, const char *end, uint64_t now) {
  const char *id = memmem(at, (size_t)(end - at), "\"id\":\"", 6);
  if (!id) return;
  if (!strncmp(id + 6, "follow", 6)) { if (c->stage == FOLLOWING) followed(c, at, end); return; }
  int number = atoi(id + 6);
  if (bit(c->kept, number)) return;
  c->kept[number / 8] |= (uint8_t)(1 << number % 8);
  acked++;
  uint64_t since = meant(c->person, number);
  if (is_measured(since)) count(&acks, now - since);
  if (comes_back && c->flying == number) c->flying = -1, say_next(c);
}

// What the server cannot do right now is said once more a little later.
static void not_done(Conn *c, const char *at, const char *end, uint64_t now) {
  bool is_later = next(at, end, "try_later") < end || next(at, end, "throttled") < end || next(at, end, "draining") < end;
  if (comes_back && is_later && c->stage == READY) { postponed++, c->again_at = now + SECOND; return; }
  if (comes_back && is_later) { drop(c); return; }
  if (refused++ == 0) snprintf(first_error, sizeof first_error, "%.*s", (int)(end - at), at);
}

static void text(Conn *c, const char *at, size_t len, uint64_t now) {
  const char *end = at + len;
  if (c->stage == GREETED) {
    if (next(at, end, "\"hello\"") == end) return;
    follow(c);
    return;
  }
  if (comes_back && (next(at, end, "\"event\":\"hello\"") < end || next(at, end, "\"unfollowed\"") < end)) { follow(c); return; }
  for (const char *p = next(at, end, "\"event\":\"typing\""); p < end; p = next(p + 1, end, "\"event\":\"typing\"")) fleeting++;
  for (const char *p = next(at, end, SENT), *q; p < end; p = q)
    q = next(p + 1, end, SENT), delivery(c, p, q, now);
  for (const char *p = next(at, end, ACK); p < end; p = next(p + 1, end, ACK)) answered(c, p, end, now);
  for (const char *p = next(at, end, ERROR); p < end && c->stage != CLOSED; p = next(p + 1, end, ERROR))
    not_done(c, p, end, now);
  if (refused && c->stage == FOLLOWING) fail("Cannot follow: %s", first_error);
}

static size_t frame(Conn *c, uint64_t now) {  // the bytes it took; 0 when there is no whole one
  const uint8_t *at = (const uint8_t *)c->in.at;
  size_t have = c->in.len, head = 2, len;
  if (have < 2) return 0;
  len = at[1] & 127;
  if (len == 126) head = 4, len = have < 4 ? 0 : (size_t)at[2] << 8 | at[3];
  else if (len == 127) {
    head = 10, len = 0;
    for (int i = 0; have >= 10 && i < 8; i++) len = len << 8 | at[2 + i];
  }
  if (have < head || have < head + len) return 0;
  int opcode = at[0] & 15;
  if (opcode == 1) text(c, (const char *)at + head, len, now);
  else if (opcode == 9) put_frame(c, 10, (const char *)at + head, len), flush(c);
  return head + len;
}

static void take(Conn *c, uint64_t now) {
  if (c->stage == UPGRADING) {
    const char *end = memmem(c->in.at, c->in.len, "\r\n\r\n", 4);
    if (!end) return;
    if (c->in.len < 12 || memcmp(c->in.at + 9, "101", 3)) {
      if (!is_running) fail("Not let in: %.*s", 200, c->in.at);
      drop(c);
      return;
    }
    size_t head = (size_t)(end + 4 - c->in.at);
    memmove(c->in.at, c->in.at + head, c->in.len -= head);
    c->stage = GREETED;
  }
  Bytes all = c->in;
  for (size_t took; (took = frame(c, now)) && c->stage != CLOSED; ) c->in.at += took, c->in.len -= took;
  if (c->stage == CLOSED) { c->in = (Bytes){all.at, 0, all.cap}; return; }
  size_t rest = c->in.len;
  memmove(all.at, c->in.at, rest);
  c->in = (Bytes){all.at, rest, all.cap};
}

static void read_all(Conn *c) {
  for (;;) {
    ssize_t n = recv(c->fd, read_buffer, READ_BYTES, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return drop(c);
    put(&c->in, read_buffer, (size_t)n);
    take(c, now_ns());
    if (c->stage == CLOSED || n < READ_BYTES) return;
  }
}

static void wait_for(int milliseconds) {
  struct epoll_event events[256];
  int n = epoll_wait(epoll_fd, events, 256, milliseconds);
  for (int i = 0; i < n; i++) {
    Conn *c = events[i].data.ptr;
    if (c->stage != CLOSED && events[i].events & EPOLLOUT) flush(c);
    if (c->stage != CLOSED && events[i].events & ~(uint32_t)EPOLLOUT) read_all(c);
  }
}

// ---- the run -------------------------------------------------------------------------------------
static void read_people(const char *path) {
  FILE *f = fopen(path, "r");
  if (!f) fail("Cannot read %s.", path);
  Person p = {0};
  uint64_t chance = 88172645463325252ull;
  while (fscanf(f, "%127s %127s", p.token, p.document) == 2) {
    chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;  // the same in every process
    p.phase = chance % period, p.room = person_count;
    for (int i = 0; i < person_count && p.room == person_count; i++)
      if (!strcmp(people[i].document, p.document)) p.room = people[i].room;
    people = must(realloc(people, (size_t)(person_count + 1) * sizeof *people));
    people[person_count++] = p;
  }
  fclose(f);
}

static int by_phase(const void *a, const void *b) {
  uint64_t x = people[*(const int *)a].phase, y = people[*(const int *)b].phase;
  return (x > y) - (x < y);
}

static void join_all(void) {
  uint64_t until = now_ns() + 120 * SECOND;
  for (int begun = 0; ready_count < conn_count;) {
    while (begun < conn_count && begun < ready_count + joins) dial(&conns[begun++]);
    wait_for(100);
    if (now_ns() > until) fail("%d of %d people joined in two minutes.", ready_count, conn_count);
  }
}

static void cut_some(void) {
  for (int left = (int)(cut * conn_count), tries = 0; left > 0 && tries < conn_count * 4; tries++) {
    Conn *c = &conns[(int)(chance() * conn_count) % conn_count];
    if (c->stage == READY) drop(c), cuts++, left--;
  }
}

static void bring_back(uint64_t now) {
  for (int i = 0; i < conn_count; i++) {
    Conn *c = &conns[i];
    if (c->stage == CLOSED && c->back_at && c->back_at <= now) c->back_at = 0, c->server++, dial(c);
    else if (c->stage == READY && c->again_at && c->again_at <= now) c->again_at = 0, say_next(c);
  }
}

static void live(void) {
  uint64_t next_cut = begin_at + (uint64_t)(cut_every * 1e9), typed = 0;
  uint64_t due_count = (uint64_t)messages_each * (uint64_t)conn_count, done = 0;
  uint64_t end = begin_at + (uint64_t)messages_each * period, until = end + (uint64_t)(drain_seconds * 1e9);
  for (uint64_t now; (now = now_ns()) < until && (now < end || delivered < expected || acked + refused < sent);) {
    while (done < due_count) {
      int person = turns[done % (uint64_t)conn_count], number = (int)(done / (uint64_t)conn_count);
      if (meant(person, number) > now) break;
      send_message(of_person[person], number, now);
      done++;
    }
    for (; typing > 0 && now < end && begin_at + (uint64_t)((double)typed / (typing * conn_count) * 1e9) <= now; typed++) {
      Conn *c = &conns[typed % (uint64_t)conn_count];
      if (c->stage == READY) say(c, "{\"event\":\"typing\",\"data\":{\"document\":\"%s\",\"is_typing\":true}}", people[c->person].document);
    }
    if (cut > 0 && now >= next_cut && now < end) cut_some(), next_cut += (uint64_t)(cut_every * 1e9);
    if (comes_back) bring_back(now);
    wait_for(1);
  }
}

static void read_ports(const char *list) {
  for (char *rest = NULL, *one = strtok_r(strdup(list), ",", &rest); one && port_count < SERVERS; one = strtok_r(NULL, ",", &rest))
    ports[port_count++] = atoi(one);
}

static uint64_t share(const Histogram *h, double part) {
  uint64_t all = 0, below = 0;
  for (int i = 0; i < BUCKETS; i++) all += h->counts[i];
  for (int i = 0; i < BUCKETS; i++)
    if (all && (below += h->counts[i]) >= (uint64_t)(part * (double)all + 0.5)) return microseconds(i);
  return 0;
}

static void print_timeline(void) {
  printf("\"timeline\":[");
  for (int i = 0; i < (int)(warm_seconds + run_seconds) && i < TIMELINE; i++)
    printf("%s[%lu,%lu,%lu]", i ? "," : "", share(&seconds[i], 0.5), share(&seconds[i], 0.99), share(&seconds[i], 1));
  printf("],");
}

int main(int argc, char **argv) {
  const char *path = NULL;
  for (int i = 1; i + 1 < argc; i += 2) {
    const char *name = argv[i], *value = argv[i + 1];
    if (!strcmp(name, "--port")) read_ports(value);
    else if (!strcmp(name, "--people")) path = value;
    else if (!strcmp(name, "--shard")) shard = atoi(value);
    else if (!strcmp(name, "--shards")) shards = atoi(value);
    else if (!strcmp(name, "--rate")) rate = atof(value);
    else if (!strcmp(name, "--warm")) warm_seconds = atof(value);
    else if (!strcmp(name, "--seconds")) run_seconds = atof(value);
    else if (!strcmp(name, "--typing")) typing = atof(value);
    else if (!strcmp(name, "--back")) comes_back = atoi(value);
    else if (!strcmp(name, "--cut")) cut = atof(value);
    else if (!strcmp(name, "--cut-every")) cut_every = atof(value);
    else if (!strcmp(name, "--drain")) drain_seconds = atof(value);
    else fail("Unknown setting %s.", name);
  }
  if (!port_count || !path) fail("Needs --port and --people.");
  struct rlimit files = {0};
  getrlimit(RLIMIT_NOFILE, &files), files.rlim_cur = files.rlim_max, setrlimit(RLIMIT_NOFILE, &files);
  period = (uint64_t)(1e9 / rate);
  messages_each = (int)((warm_seconds + run_seconds) * rate);
  read_people(path);
  int *in_room = must(calloc((size_t)person_count, sizeof *in_room));
  for (int i = 0; i < person_count; i++) in_room[people[i].room]++;
  conns = must(calloc((size_t)person_count, sizeof *conns)), turns = must(calloc((size_t)person_count, sizeof *turns));
  of_person = must(calloc((size_t)person_count, sizeof *of_person));
  for (int i = shard; i < person_count; i += shards) {
    Conn *c = of_person[i] = &conns[conn_count];
    turns[conn_count++] = i, c->person = i, c->server = i, c->flying = -1;
    c->kept = must(calloc((size_t)messages_each / 8 + 1, 1));
    c->seen = must(calloc((size_t)person_count * (size_t)messages_each / 8 + 1, 1));
    expected += (uint64_t)in_room[people[i].room] * (uint64_t)messages_each;
  }
  qsort(turns, (size_t)conn_count, sizeof *turns, by_phase);
  seconds = must(calloc(TIMELINE, sizeof *seconds));
  epoll_fd = epoll_create1(0);
  join_all();
  puts("ready"), fflush(stdout);
  if (scanf("%lu", &begin_at) != 1) fail("Was not told when to begin.");
  window_from = begin_at + (uint64_t)(warm_seconds * 1e9);
  window_to = window_from + (uint64_t)(run_seconds * 1e9);
  is_running = true;
  live();
  printf("{\"expected\":%lu,\"delivered\":%lu,\"delivered_in_window\":%lu,\"doubled\":%lu,\"disordered\":%lu,"
         "\"strange\":%lu,\"sent\":%lu,\"acked\":%lu,\"refused\":%lu,\"closed\":%d,", expected, delivered, in_window,
         doubled, disordered, strange, sent, acked, refused, closed_count);
  printf("\"cuts\":%lu,\"returns\":%lu,\"resets\":%lu,\"again\":%lu,\"postponed\":%lu,\"fleeting\":%lu,", cuts, returns,
         resets, again, postponed, fleeting);
  print_timeline();
  print("latencies", &latencies), print("acks", &acks), print("lags", &lags);
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("\"cpu_seconds\":%.3f}\n", (double)used.ru_utime.tv_sec + (double)used.ru_stime.tv_sec
         + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
  if (first_error[0]) fprintf(stderr, "first error: %s\n", first_error);
  return 0;
}
