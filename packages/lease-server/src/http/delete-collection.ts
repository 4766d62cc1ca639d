import type { Change } from "../store/batch.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { type Answer, objectAnswer } from "./answer.ts";
import type { ApiRequest } from "./api-request.ts";
import { deleteOptions } from "./delete-options.ts";
import { deletion } from "./deletion.ts";
import type { LeaseApiOptions } from "./lease-api.ts";
import { listOptions } from "./list-options.ts";
import { shapeRequest } from "./shape-request.ts";
import { shapedList } from "./shapes.ts";

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
  const { items, revision } = await options.store.write((view) => {
    const { revision } = view;
    const changes: Change[] = [];
    const items: StoredObject[] = [];
    for (const live of view.list("Lease", namespace)) {
      if (live.kind !== "Lease" || !selects(live)) continue;
      changes.push(...deletion(live, wanted, nowMs).changes);
      items.push(live);
    }
    return { changes, answer: () => ({ items, revision }) };
  });
  return objectAnswer(200, shapedList("Lease", items, { resourceVersion: String(revision) }, shape));
}
