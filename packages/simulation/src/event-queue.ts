/** Something that will happen. */
export interface ScheduledEvent {
  readonly atMs: number;
  readonly order: number;
  /** `undefined` once it was cancelled. */
  happen: (() => void) | undefined;
}

/** What will happen in a world, in the order of true time; of two at one time, in the order they were scheduled. A binary heap. */
export class EventQueue {
  /** True time, in milliseconds since the world began. */
  nowMs = 0;
  readonly #heap: ScheduledEvent[] = [];
  #order = 0;

  schedule(atMs: number, happen: () => void): ScheduledEvent {
    const event = { atMs: Math.max(atMs, this.nowMs), order: this.#order++, happen };
    this.#siftUp(event);
    return event;
  }

  after(delayMs: number, happen: () => void): ScheduledEvent {
    return this.schedule(this.nowMs + delayMs, happen);
  }

  /** Takes the next event out and moves time to it; `undefined` when nothing will happen until `untilMs`. */
  next(untilMs: number): (() => void) | undefined {
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= untilMs; first = this.#heap[0]) {
      this.#removeFirst();
      if (first.happen === undefined) continue;
      this.nowMs = first.atMs;
      return first.happen;
    }
    this.nowMs = untilMs;
    return undefined;
  }

  #siftUp(event: ScheduledEvent): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex] as ScheduledEvent; // below the length
      if (!isBefore(event, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = event;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const moved = heap.pop() as ScheduledEvent; // the heap was not empty
    const { length } = heap;
    if (length === 0) return;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= length) break;
      let child = heap[childIndex] as ScheduledEvent; // below the length
      const right = heap[childIndex + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        childIndex += 1;
      }
      if (!isBefore(child, moved)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = moved;
  }
}

function isBefore(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
