import type { CaseResult, ConformanceReport } from "./report.ts";

const SIGNS: Readonly<Record<CaseResult["status"], string>> = {
  passed: "✓",
  failed: "✗",
  "known-failure": "known",
  "not-run": "–",
};

/** Reports as Markdown: what was tested, a table of cases, and why some were not run. Holds no times: the same runs give the same text. */
export function toMarkdown(reports: readonly ConformanceReport[]): string {
  const sorted = reports.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return [tested(sorted), table(sorted), remarks(sorted)].join("\n\n");
}

function nameOf({ backend, variant }: ConformanceReport): string {
  return variant === undefined ? backend : `${backend}, ${variant}`;
}

function tested(reports: readonly ConformanceReport[]): string {
  const rows = reports.map((report, index) => {
    const { versions, capabilities, results } = report;
    const ran = results.filter(({ status }) => status !== "not-run");
    const cells = [
      String(index + 1),
      nameOf(report),
      Object.entries(versions)
        .map(([what, version]) => `${what} ${version}`)
        .join(", "),
      capabilities.fencing,
      capabilities.watch,
      `${capabilities.granularityMs} ms`,
      capabilities.durability,
      `${ran.filter(({ status }) => status === "passed").length} of ${ran.length}`,
    ];
    return row(cells);
  });
  return [
    row(["#", "backend", "versions", "fencing", "watch", "grain", "durability", "passed"]),
    row(Array.from({ length: 8 }, () => "---")),
    ...rows,
  ].join("\n");
}

function table(reports: readonly ConformanceReport[]): string {
  const titles = new Map(
    reports.flatMap(({ results }) => results.map(({ id, title }) => [id, title] as const)),
  );
  return [
    row(["case", "", ...reports.map((_, index) => String(index + 1))]),
    row(["---", "---", ...reports.map(() => "---")]),
    ...[...titles].map(([id, title]) =>
      row([
        id,
        title,
        ...reports.map(({ results }) => SIGNS[results.find((r) => r.id === id)?.status ?? "not-run"]),
      ]),
    ),
  ].join("\n");
}

/** Why a case was not run, failed, or is known to fail; equal reasons together. */
function remarks(reports: readonly ConformanceReport[]): string {
  const lines = reports.flatMap((report, index) => {
    const byReason = new Map<string, string[]>();
    for (const { id, status, reason } of report.results) {
      if (status === "passed") continue;
      const text = `${status === "not-run" ? "not run" : status}: ${firstLine(reason ?? "no reason given")}`;
      byReason.set(text, [...(byReason.get(text) ?? []), id]);
    }
    const items = [...byReason].map(([text, ids]) => `  - ${ids.join(", ")}: ${text}`);
    return [
      `- **${index + 1}, ${nameOf(report)}**${items.length === 0 ? ": everything was run and passed" : ""}`,
      ...items,
    ];
  });
  return lines.join("\n");
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
