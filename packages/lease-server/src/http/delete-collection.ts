import type { Change } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { type Answer, objectAnswer } from "./answer.ts";
import type { ApiRequest } from "./api-request.ts";
import { deletion } from "./deletion.ts";
import { type LeaseApiOptions, leaseKey, shapeRequest } from "./lease-api.ts";
import { listOptions } from "./list-options.ts";
import { shapedList } from "./shapes.ts";
import { deleteOptions } from "./write-options.ts";

/** `DELETE` of a collection: every Lease that the selectors admit. Answers with what there was. */
export async function deleteCollection(
  request: ApiRequest,
  namespace: string,
  options: LeaseApiOptions,
): Promise<Answer> {
  const { selects } = listOptions(request.query);
  const wanted = deleteOptions(request);
  const shape = shapeRequest(request, options);
  const nowMs = options.now();
  const { store } = options;
  const { items, revision } = await store.write((view) => {
    const changes: Change[] = [];
    const answers: ((stored: readonly StoredObject[]) => StoredObject)[] = [];
    for (const { metadata } of store.list("Lease", namespace)) {
      // A write that goes before this one may have changed it.
      const live = view.get(leaseKey(namespace, metadata.name));
      if (live?.kind !== "Lease" || !selects(live)) continue;
      const decision = deletion(live, wanted, nowMs);
      const start = changes.length;
      changes.push(...decision.changes);
      answers.push((stored) => decision.answer(stored.slice(start, start + decision.changes.length)).object);
    }
    return {
      changes,
      answer: (stored) => ({ items: answers.map((answer) => answer(stored)), revision: view.revision }),
    };
  });
  return objectAnswer(200, shapedList("Lease", items, { resourceVersion: String(revision) }, shape));
}
