/** Documents by path, as plain objects: `"/openapi/v3"`, `"/openapi/v3/apis/coordination.k8s.io/v1"`, `"/openapi/v2"`. */
export const OPENAPI_DOCUMENTS: ReadonlyMap<string, object> = new Map([["/openapi/v3", { paths: {} }]]);
