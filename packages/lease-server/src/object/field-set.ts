import { compareBytes } from "./json.ts";

/** The JSON of a set, as `fieldsV1` holds it. */
export interface FieldsV1 {
  readonly [element: string]: FieldsV1;
}

/**
 * A set of paths into an object, as server-side apply keeps it for each manager: `f:NAME` for a field, `k:{"uid":"…"}` for an
 * item known by a key, `v:"…"` for an item of a set. A path can be in the set without those below it, and the other way round.
 * Sets are never changed after they were built.
 */
export class FieldSet {
  static readonly EMPTY: FieldSet = new FieldSet(new Set(), new Map());

  readonly #members: ReadonlySet<string>;
  /** None of them is empty. */
  readonly #children: ReadonlyMap<string, FieldSet>;

  private constructor(members: ReadonlySet<string>, children: ReadonlyMap<string, FieldSet>) {
    this.#members = members;
    this.#children = children;
  }

  static of(paths: Iterable<readonly string[]>): FieldSet {
    const members = new Set<string>();
    const below = new Map<string, (readonly string[])[]>();
    for (const [first, ...rest] of paths) {
      if (first === undefined) continue;
      if (rest.length === 0) members.add(first);
      else below.set(first, [...(below.get(first) ?? []), rest]);
    }
    return new FieldSet(members, new Map([...below].map(([element, rest]) => [element, FieldSet.of(rest)])));
  }

  /** Reads `fieldsV1`; elements of an unknown kind are dropped. */
  static fromJson(json: FieldsV1): FieldSet {
    const members = new Set<string>();
    const children = new Map<string, FieldSet>();
    for (const [element, inside] of Object.entries(json)) {
      if (!/^[fkv]:/.test(element)) continue;
      const child = FieldSet.fromJson(inside);
      if (Object.hasOwn(inside, ".") || child.isEmpty) members.add(element);
      if (!child.isEmpty) children.set(element, child);
    }
    return new FieldSet(members, children);
  }

  get isEmpty(): boolean {
    return this.#members.size === 0 && this.#children.size === 0;
  }

  /** Whether that element itself is in the set. */
  has(element: string): boolean {
    return this.#members.has(element);
  }

  /** What the set holds below that element. */
  below(element: string): FieldSet {
    return this.#children.get(element) ?? FieldSet.EMPTY;
  }

  union(other: FieldSet): FieldSet {
    const children = this.#combine(other, (left, right) => left.union(right));
    return new FieldSet(new Set([...this.#members, ...other.#members]), children);
  }

  intersection(other: FieldSet): FieldSet {
    const members = [...this.#members].filter((element) => other.has(element));
    return new FieldSet(
      new Set(members),
      this.#combine(other, (left, right) => left.intersection(right)),
    );
  }

  /** A path that is taken away leaves those below it. */
  difference(other: FieldSet): FieldSet {
    const members = [...this.#members].filter((element) => !other.has(element));
    return new FieldSet(
      new Set(members),
      this.#combine(other, (left, right) => left.difference(right)),
    );
  }

  /** With every element that `isNamed` and has something below it; `below` says how to go on there. */
  withNamedParents(
    step: (element: string) => { isNamed: boolean; below: Parameters<FieldSet["withNamedParents"]>[0] },
  ): FieldSet {
    const members = new Set(this.#members);
    const children = new Map<string, FieldSet>();
    for (const [element, child] of this.#children) {
      const { isNamed, below } = step(element);
      if (isNamed) members.add(element);
      children.set(element, child.withNamedParents(below));
    }
    return new FieldSet(members, children);
  }

  /** All paths, in order. */
  *paths(): Iterable<readonly string[]> {
    for (const element of this.#elements()) {
      if (this.#members.has(element)) yield [element];
      for (const path of this.below(element).paths()) yield [element, ...path];
    }
  }

  /** As `fieldsV1`, in the order in which Kubernetes writes it. */
  toJson(): FieldsV1 {
    return Object.fromEntries(
      this.#elements().map((element) => {
        const inside = this.below(element).toJson();
        const isBoth = this.has(element) && this.#children.has(element);
        return [element, isBoth ? { ".": {}, ...inside } : inside];
      }),
    );
  }

  #elements(): readonly string[] {
    return [...new Set([...this.#members, ...this.#children.keys()])].sort(compareBytes);
  }

  #combine(
    other: FieldSet,
    both: (left: FieldSet, right: FieldSet) => FieldSet,
  ): ReadonlyMap<string, FieldSet> {
    const children = new Map<string, FieldSet>();
    for (const element of new Set([...this.#children.keys(), ...other.#children.keys()])) {
      const child = both(this.below(element), other.below(element));
      if (!child.isEmpty) children.set(element, child);
    }
    return children;
  }
}

/** A path as error messages show it: `.metadata.ownerReferences[uid="u1"]`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join("");
}

function elementText(element: string): string {
  const text = element.slice(2);
  if (element.startsWith("f:")) return `.${text}`;
  if (element.startsWith("v:")) return `[=${text}]`;
  const fields = Object.entries(JSON.parse(text) as Record<string, unknown>);
  return `[${fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
}
