/*
 * The protocol of Tenure, for spin: the rules of docs/architecture.md that safety rests on, and not the code that
 * follows them. README.md beside this file says how to run it, what is left out, and why leaving it out is right.
 *
 * Checked: S1, two electors never believe at once; S2, each term's fencing token is larger than those of all before.
 */

#ifdef WAIT_FROM_READ_SENT
#define SLOW_READS
#endif
#ifdef RESUMED_AFTER_RELEASE
#define RESUME(i) noneLeads(); e[i].leads = true
#endif
#ifdef RESUMED_AS_A_NEW_TERM
#define RESUME(i) begin(i, e[i].read.version)
#endif

#ifndef N
#define N 3 /* electors */
#endif
#ifndef K
#define K 2 /* writes that one elector may have on the way, or remember as unresolved, at a time */
#endif

/*
 * Clocks. In a tick of true time every elector's clock moves on by SLOW or by FAST, and by which is anew anybody's guess:
 * a rate of 3/2 with an error of rho = 1/3. SAFE then reads H < D * (1 - rho) / (1 + rho) = D / 2; here H == D / 2 is allowed, since
 * a belief has ended in the very tick in which its H is reached, and before anything else happens in it.
 */
#define SLOW 1
#ifdef CLOCK_BEYOND_RHO
#define FAST 4
#else
#define FAST 2
#endif
#ifndef D
#define D 4 /* how long a record must stand unchanged, on the clock of the one who waits */
#endif
#ifdef WINDOW_TOO_LONG
#define H (D / 2 + 1)
#else
#define H (D / 2) /* how long a leader believes, on its own clock */
#endif

/* Who holds the record: an elector, or one of these. */
#define GONE N         /* somebody who never comes back */
#define FREE (N + 1)   /* nobody: released */
#define ABSENT (N + 2) /* there is no record: a stranger deleted it */

/* What an elector knows of the record. */
#define UNKNOWN 0 /* nothing, or the version it knows is an old one */
#define VACANT 1  /* free to take at once */
#define OURS 2    /* its own write */
#define HELD 3    /* to be waited for */

/* Where a write is. */
#define NOWHERE 0
#define TRAVELLING 1
#define ANSWERED 2 /* it has landed, and the answer travels */

typedef Write {
  unsigned way : 2;
  bool holds;            /* an acquire or a renewal; else a release */
  bool counts;           /* confirming it gives a right */
  unsigned expected : 4; /* the version that it replaces */
  unsigned landed : 4;   /* the version that it became */
  unsigned age : 3       /* since it was sent, on the sender's clock */
}

typedef Read {
  unsigned way : 2;
  unsigned holder : 3; /* what it found */
  unsigned author : 2;
  unsigned version : 4;
#ifdef WAIT_FROM_READ_SENT
  unsigned age : 3 /* since it was sent */
#endif
}

typedef Elector {
  bool leads;
  unsigned since : 3; /* since the last confirmed write was sent, on its own clock */
  unsigned view : 2;
  unsigned version : 4; /* of the record in view */
  unsigned waited : 3;  /* since that record was first seen, on its own clock */
  Read read;
  Write write[K]
}

Elector e[N];

/* The store. `author` is the index of the holder's write that made the record: its fingerprint. K: none that matters. */
unsigned version : 4 = 1;
unsigned holder : 3 = GONE;
unsigned author : 2 = K;
bool deleted = false;

unsigned lastToken : 4 = 0; /* the largest token that any term began with */

byte x, y, v, used; /* for loops inside of one step, and 0 between steps */

/* R7: a term ends for good, and nothing that was sent before gives any right. */
inline end(i) {
  e[i].leads = false;
  y = 0;
  do
  :: y < K -> e[i].write[y].counts = false; y++
  :: else -> break
  od
}

inline noneLeads() { /* S1 */
  x = 0;
  do
  :: x < N -> assert(!e[x].leads); x++
  :: else -> break
  od
}

inline begin(i, token) {
  noneLeads();
  assert(token > lastToken /* S2 */);
  lastToken = token;
  e[i].leads = true
}

/* Write k of elector i is known to have landed as version `became`: answered, or found by a read. */
inline confirm(i, k, became) {
  if
  :: e[i].leads && e[i].write[k].age < e[i].since -> e[i].since = e[i].write[k].age
  :: e[i].leads && e[i].write[k].age >= e[i].since -> skip
  :: !e[i].leads -> begin(i, became); e[i].since = e[i].write[k].age
  fi;
  e[i].view = OURS;
  e[i].version = became;
  y = 0; /* the base version has changed: the other attempts are settled */
  do
  :: y < K -> e[i].write[y].counts = false; y++
  :: else -> break
  od
}

inline send(i, k, isHold) {
  e[i].write[k].way = TRAVELLING;
  e[i].write[k].holds = isHold;
  e[i].write[k].counts = isHold;
  e[i].write[k].expected = e[i].version;
  e[i].write[k].age = 0
}

/* One request at a time: with a read sent, the answers to earlier writes are waited for no longer. */
inline ask(i) {
  e[i].read.way = TRAVELLING;
  y = 0;
  do
  :: y < K -> e[i].write[y].way = (e[i].write[y].way == ANSWERED -> NOWHERE : e[i].write[y].way); y++
  :: else -> break
  od
}

/* The store serves the read; the answer may take as long as it likes. */
inline serve(i) {
  e[i].read.way = ANSWERED;
  e[i].read.holder = holder;
  e[i].read.version = version;
  e[i].read.author = (holder == i -> author : K)
}

/* The answer to a read arrives at elector i. */
inline look(i) {
  if
  :: e[i].read.holder == i && e[i].read.author < K ->
#ifdef ADOPTED_FROM_READ
    e[i].write[e[i].read.author].age = 0;
#endif
    confirm(i, e[i].read.author, e[i].read.version)
  :: e[i].read.holder == i && e[i].read.author == K -> /* it gives no right */
    e[i].view = OURS;
    e[i].version = e[i].read.version;
#ifdef RESUME
    if
    :: e[i].since < H && !e[i].leads -> RESUME(i)
    :: else -> skip
    fi
#endif
  :: e[i].read.holder != i ->
    y = 0; /* R7, and R6: an attempt on another version than the one seen now is settled */
    do
    :: y < K ->
      if
      :: e[i].leads || e[i].write[y].way != TRAVELLING || e[i].write[y].expected != e[i].read.version -> e[i].write[y].counts = false
      :: else -> skip
      fi;
      y++
    :: else -> break
    od;
    e[i].leads = false;
    if
    :: e[i].read.holder == FREE -> e[i].view = VACANT
#ifdef ABSENT_IS_FREE
    :: e[i].read.holder == ABSENT -> e[i].view = VACANT
#endif
    :: else ->
      if
      :: e[i].view == HELD && e[i].version == e[i].read.version -> skip /* unchanged: the wait goes on */
      :: else ->
        e[i].view = HELD;
#ifdef WAIT_FROM_READ_SENT
        e[i].waited = e[i].read.age
#else
        e[i].waited = 0
#endif
      fi
    fi;
    e[i].version = e[i].read.version
  fi;
  e[i].read.way = NOWHERE
}

inline land(i, k) {
  version++;
  if
  :: e[i].write[k].holds -> holder = i; author = k
  :: else -> holder = FREE; author = K
  fi;
  e[i].write[k].landed = version;
  e[i].write[k].way = (e[i].write[k].counts && e[i].read.way == NOWHERE -> ANSWERED : NOWHERE)
}

inline forgetWrite(i, k) {
#ifndef NO_CAS
  if
  :: e[i].write[k].way == TRAVELLING && e[i].write[k].expected != version -> e[i].write[k].way = NOWHERE /* will be refused */
  :: else -> skip
  fi;
#endif
  if
  :: e[i].write[k].age >= H -> e[i].write[k].counts = false
  :: else -> skip
  fi;
  if
  :: e[i].write[k].way == NOWHERE && !(holder == i && author == k) && !(e[i].read.holder == i && e[i].read.author == k) -> e[i].write[k].counts = false
  :: else -> skip
  fi;
  if
  :: e[i].write[k].way == ANSWERED && !e[i].write[k].counts -> e[i].write[k].way = NOWHERE
  :: else -> skip
  fi;
  if
  :: holder == i && author == k && !e[i].write[k].counts -> author = K
  :: else -> skip
  fi;
  if
  :: !e[i].write[k].counts -> e[i].write[k].age = 0
  :: else -> skip
  fi;
  if
  :: e[i].write[k].way != ANSWERED -> e[i].write[k].landed = 0
  :: else -> skip
  fi;
  if
  :: e[i].write[k].way != TRAVELLING -> e[i].write[k].expected = 0; e[i].write[k].holds = false
  :: else -> skip
  fi
}

/* Forgets what can make no difference any more, so that states which differ in nothing else are one. */
inline forget() {
  x = 0;
  do
  :: x < N ->
    if
    :: e[x].version != version -> e[x].view = UNKNOWN; e[x].version = 0
    :: else -> skip
    fi;
    if
    :: e[x].view != HELD -> e[x].waited = 0
    :: else -> skip
    fi;
#ifndef RESUME
    if
    :: !e[x].leads -> e[x].since = 0
    :: else -> skip
    fi;
#endif
    y = 0;
    do
    :: y < K -> forgetWrite(x, y); y++
    :: else -> break
    od;
    if
    :: e[x].read.way == ANSWERED ->
      if
      :: e[x].read.author < K -> e[x].read.author = (e[x].write[e[x].read.author].counts -> e[x].read.author : K)
      :: else -> skip
      fi;
      if
      :: e[x].read.author == K && e[x].read.version != version -> e[x].read.way = NOWHERE
      :: else -> skip
      fi
    :: else -> skip
    fi;
    if
    :: e[x].read.way != ANSWERED -> e[x].read.holder = FREE; e[x].read.author = K; e[x].read.version = 0
    :: else -> skip
    fi;
    x++
  :: else -> break
  od;
  /* Versions are renumbered without gaps: only their order matters. */
  v = 1;
  do
  :: v < version ->
    used = 0;
    x = 0;
    do
    :: x < N ->
      y = 0;
      do
      :: y < K -> used = used || e[x].write[y].landed == v || e[x].read.version == v; y++
      :: else -> break
      od;
      x++
    :: else -> break
    od;
    if
    :: used -> v++
    :: else ->
      x = 0;
      do
      :: x < N ->
        e[x].read.version = (e[x].read.version > v -> e[x].read.version - 1 : e[x].read.version);
        e[x].version = (e[x].version > v -> e[x].version - 1 : e[x].version);
        y = 0;
        do
        :: y < K ->
          e[x].write[y].landed = (e[x].write[y].landed > v -> e[x].write[y].landed - 1 : e[x].write[y].landed);
          e[x].write[y].expected = (e[x].write[y].expected > v -> e[x].write[y].expected - 1 : e[x].write[y].expected);
          y++
        :: else -> break
        od;
        x++
      :: else -> break
      od;
      lastToken = (lastToken >= v -> lastToken - 1 : lastToken);
      version--
    fi
  :: else -> break
  od;
  x = 0;
  y = 0;
  v = 0;
  used = 0
}

#define isUnused(k) (e[i].write[k].way == NOWHERE && !e[i].write[k].counts)
#if K == 1
#define canSend isUnused(0)
#define SLOT 0
#else
#define canSend (isUnused(0) || isUnused(1))
#define SLOT (isUnused(0) -> 0 : 1)
#endif

#define mayTake (e[i].view == VACANT || e[i].view == OURS || e[i].view == HELD && e[i].waited >= D)
#define mayHold (e[i].leads && e[i].view == OURS || !e[i].leads && mayTake)
#ifdef RELEASES_OTHERS
#define mayRelease (e[i].view == OURS || e[i].view == HELD)
#else
#define mayRelease (e[i].view == OURS)
#endif

#ifdef BELIEVES_WHILE_RELEASING
#define BEFORE_RELEASE
#else
#define BEFORE_RELEASE end(i);
#endif

#ifdef WINDOW_FROM_ANSWER
#define ANSWER(k) e[i].write[k].age = 0; confirm(i, k, e[i].write[k].landed)
#else
#define ANSWER(k) confirm(i, k, e[i].write[k].landed)
#endif

/* For write k: it reaches the store; its answer arrives; it, or its answer, is lost. */
#define WRITE_STEPS(k) \
  :: d_step { e[i].write[k].way == TRAVELLING -> land(i, k); forget() } \
  :: d_step { e[i].write[k].way == ANSWERED -> ANSWER(k); forget() } \
  :: d_step { e[i].write[k].way != NOWHERE -> e[i].write[k].way = NOWHERE; forget() }

proctype elector(byte i) {
  byte k;
  do
#ifdef SLOW_READS
  :: d_step { e[i].read.way == NOWHERE -> ask(i); forget() }
  :: d_step { e[i].read.way == TRAVELLING -> serve(i); forget() }
#else
  :: d_step { e[i].read.way == NOWHERE -> ask(i); serve(i); forget() }
#endif
  :: d_step { e[i].read.way == ANSWERED -> look(i); forget() }
  :: d_step { e[i].read.way != NOWHERE -> e[i].read.way = NOWHERE; forget() } /* lost, or given up */
  :: d_step { e[i].read.way == NOWHERE && mayHold && canSend -> k = SLOT; send(i, k, true); k = 0; forget() }
  :: d_step { e[i].read.way == NOWHERE && mayRelease && canSend -> BEFORE_RELEASE k = SLOT; send(i, k, false); k = 0; forget() }
  :: d_step { e[i].leads -> end(i); forget() } /* a term may end at any time, without a release too */
  WRITE_STEPS(0)
#if K > 1
  WRITE_STEPS(1)
#endif
  od
}

inline advance(i, step) {
  if
  :: e[i].leads || e[i].since > 0 ->
    e[i].since = (e[i].since + step > H -> H : e[i].since + step);
    if
    :: e[i].since >= H && e[i].leads -> end(i)
    :: else -> skip
    fi
  :: else -> skip
  fi;
  e[i].waited = (e[i].waited + step > D -> D : e[i].waited + step);
#ifdef WAIT_FROM_READ_SENT
  e[i].read.age = (e[i].read.age + step > D -> D : e[i].read.age + step);
#endif
  y = 0;
  do
  :: y < K ->
    e[i].write[y].age = (e[i].write[y].age + step > H -> H : e[i].write[y].age + step); y++
  :: else -> break
  od
}

inline tick(fast) {
  x = 0;
  do
  :: x < N -> advance(x, (((fast >> x) & 1) -> FAST : SLOW)); x++
  :: else -> break
  od;
  forget()
}

active proctype clock() {
  do
  :: d_step { tick(0) }
  :: d_step { tick(1) }
  :: d_step { tick(2) }
  :: d_step { tick(3) }
#if N > 2
  :: d_step { tick(4) }
  :: d_step { tick(5) }
  :: d_step { tick(6) }
  :: d_step { tick(7) }
#endif
  od
}

active proctype stranger() {
  d_step { !deleted && holder != ABSENT -> deleted = true; holder = ABSENT; author = K; version++; forget() }
}

init {
  atomic {
    run elector(0);
    run elector(1);
#if N > 2
    run elector(2)
#endif
  }
}
