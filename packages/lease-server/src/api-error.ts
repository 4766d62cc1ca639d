/** One cause of a {@link StatusObject}, as Kubernetes names them. */
export interface StatusCause {
  /** `"FieldValueInvalid"`, `"FieldValueRequired"`, `"FieldManagerConflict"`, … */
  readonly reason: string;
  readonly message: string;
  /** `"spec.leaseDurationSeconds"` */
  readonly field?: string | undefined;
}

/** The `Status` object that Kubernetes answers with when it refuses. */
export interface StatusObject {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly status: "Success" | "Failure";
  readonly message?: string | undefined;
  /** `"NotFound"`, `"AlreadyExists"`, `"Conflict"`, `"Invalid"`, … */
  readonly reason?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly code: number;
}

/** What went wrong, in the words of Kubernetes' API: the server turns it into a `Status` body. */
export class ApiError extends Error {
  /** HTTP status: 400 to 504. */
  readonly code: number;
  /** Empty for what Kubernetes does not classify: most of its 500s. */
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  /** Of a list that has expired: where it can go on. */
  readonly metadata: Readonly<Record<string, unknown>>;

  constructor(
    code: number,
    reason: string,
    message: string,
    details?: Readonly<Record<string, unknown>>,
    metadata: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.metadata = metadata;
  }

  /** The body that a client reads. */
  toStatus(): StatusObject {
    const { code, reason, message, details, metadata } = this;
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata,
      status: "Failure",
      message,
      ...(reason === "" ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}
