import { plural, t } from "../../core/language.ts";
import { expensiveSessions } from "../../core/ledger/expensiveSessions.ts";
import type { LedgerQuery, PriceTable } from "../../core/ledger/ledgerQuery.ts";
import type { LedgerSum } from "../../core/ledger/ledgerSum.ts";
import {
  type LedgerSession,
  type LedgerTable,
  projectKeyOf,
  sessionIn,
} from "../../core/ledger/table.ts";
import { usageBy, usageOf } from "../../core/ledger/usageBy.ts";
import type { Card, CardRequest, Cell, Column } from "../cards/card.ts";
import {
  costCells,
  count,
  exact,
  figures,
  onlyInFile,
  sumCells,
  sumColumns,
  text,
  words,
} from "../cards/table.ts";
import { cleanTitle, formatCount, formatDateTime, UNKNOWN } from "../text/format.ts";
import {
  drillOf,
  drillQuery,
  rangeLabel,
  type SessionSlot,
  type UsageDrill,
} from "./usageChoices.ts";
import {
  type CardContext,
  drillRequest,
  emptyReason,
  sumBars,
  sumJSON,
  sumText,
  usageText,
} from "./usageMeasures.ts";
import { costText } from "./usageMoney.ts";
import type { UsageNames } from "./usageNames.ts";

/** A session as named on usage pages. */
export interface UsageSession {
  readonly sessionID: string;
  readonly title: string;
  /** As the server has it, for exports. */
  readonly serverTitle: string;
  readonly project: string;
  readonly place: string;
  readonly createdMs: number;
  /** Whether the server no longer has it. */
  readonly isGone: boolean;
  /** Whether a server in the tree has it now, so that it can be opened. */
  readonly canOpen: boolean;
}

/** A root session with what its whole tree cost. */
export interface ExpensiveTree {
  readonly session: UsageSession;
  readonly own: LedgerSum;
  readonly tree: LedgerSum;
  readonly descendants: number;
  readonly drill: UsageDrill;
}

/** The sessions behind a bar, a cell or a row. */
export interface DrilledSessions {
  readonly drill: UsageDrill;
  readonly sessions: readonly { readonly session: UsageSession; readonly sum: LedgerSum }[];
  /** Number of sessions beyond those listed; they are in the sum. */
  readonly hidden: number;
  readonly sum: LedgerSum;
}

export type SessionNamer = (session: LedgerSession) => UsageSession;

/** Maximum trees and sessions to list. */
export const MOST_TREES = 15;
export const MOST_DRILLED = 200;

export function sessionNamer(
  names: UsageNames,
  canOpen: (sessionID: string) => boolean,
): SessionNamer {
  return (session) => ({
    sessionID: session.id,
    title: cleanTitle(session.title, 200),
    serverTitle: session.title,
    project: names.label("project", projectKeyOf(session)),
    place: names.label("place", session.placeID),
    createdMs: session.createdMs,
    isGone: session.isGone,
    canOpen: canOpen(session.id),
  });
}

/** The root sessions whose trees cost most. */
export function expensiveTrees(
  table: LedgerTable,
  query: LedgerQuery,
  prices: PriceTable,
  nameOf: SessionNamer,
): readonly ExpensiveTree[] {
  return expensiveSessions(table, query, prices, MOST_TREES).map(
    ({ session, own, tree, descendants }) => {
      const named = nameOf(session);
      const { fromMs, untilMs } = query;
      const drill = drillOf("expensive", named.title, { treeID: session.id, fromMs, untilMs });
      return { session: named, own, tree, descendants, drill };
    },
  );
}

/** The sessions behind a drill, the most expensive first. */
export function drilledSessions(
  table: LedgerTable,
  drill: UsageDrill,
  prices: PriceTable,
  nameOf: SessionNamer,
): DrilledSessions {
  const query = drillQuery(drill);
  const groups = usageBy(table, "session", query, prices);
  return {
    drill,
    sessions: groups.slice(0, MOST_DRILLED).flatMap(({ key, sum }) => {
      const session = sessionIn(table, key);
      return session === undefined ? [] : [{ session: nameOf(session), sum }];
    }),
    hidden: Math.max(0, groups.length - MOST_DRILLED),
    sum: usageOf(table, query, prices),
  };
}

/** The columns of a session: its name, a link if it can be opened, next to what can be done with it. */
const SESSION_COLUMNS: readonly Column[] = [
  { ...words(t("Session"), "title"), grow: 3 },
  { ...words(t("Compare")), grow: 0.3 },
  { ...words(t("Context")), grow: 0.3 },
  ...onlyInFile("session_id"),
  words(t("Project"), "project"),
  words(t("Server"), "server"),
  words(t("Created"), "created"),
];

function sessionCells(session: UsageSession, { choices }: CardContext): readonly Cell[] {
  const { sessionID, title, serverTitle, createdMs, canOpen } = session;
  const use = (slot: SessionSlot): CardRequest => ({
    type: "choose",
    change: { kind: "session", slot, sessionID },
  });
  return [
    {
      text: session.isGone ? t`${title} (deleted)` : title,
      value: serverTitle,
      hint: canOpen ? title : t`${title}: no server in the tree has this session now`,
      ask: canOpen ? { type: "openSession", sessionID } : undefined,
    },
    {
      text: t("Compare"),
      hint: t("Compare with another session"),
      // The first slot if it is free, else the second.
      ask: use(choices.compareA === undefined ? "compareA" : "compareB"),
      reveals: "comparison",
    },
    canOpen
      ? {
          text: t("Context"),
          hint: t("Show what its context is made of"),
          ask: use("composition"),
          reveals: "composition",
        }
      : { text: "" },
    exact(sessionID),
    text(session.project),
    text(session.place),
    {
      text: createdMs > 0 ? formatDateTime(createdMs).slice(0, 16) : UNKNOWN,
      value: createdMs > 0 ? new Date(createdMs).toISOString() : undefined,
    },
  ];
}

/** More bars than this are unreadable; the table has all sessions. */
const MOST_BARS = 8;

/** Horizontal bars: the sessions whose trees cost most. */
export function expensiveCard(expensive: readonly ExpensiveTree[], context: CardContext): Card {
  const { choices, currency } = context;
  const [first] = expensive;
  return {
    id: "expensive",
    title: t("Most expensive sessions"),
    subtitle: t`Including sub-sessions, ${rangeLabel(choices.range)}`,
    columns: 4,
    label: t`The most expensive sessions, including sub-sessions${first === undefined ? "" : t`, most by ${first.session.title}: ${sumText(first.tree, currency)}`}.`,
    empty: emptyReason(
      expensive.map(({ tree }) => tree),
      context,
    ),
    drawing: sumBars(
      expensive.slice(0, MOST_BARS).map(({ session, own, tree, descendants, drill }) => ({
        label: session.title,
        sum: tree,
        footer: [
          sumText(tree, currency),
          ...(descendants > 0
            ? [
                t`own ${costText(own.spent, currency)}, ${plural(descendants, "{0} sub-session", "{0} sub-sessions")}`,
              ]
            : []),
        ].join("\n"),
        drill,
      })),
      context,
    ),
    table: {
      title: t`Most expensive sessions, ${rangeLabel(choices.range)}`,
      columns: [
        ...SESSION_COLUMNS,
        figures(t("Sub-sessions"), "sub_sessions"),
        figures(t("Own cost"), "own_cost_usd"),
        ...onlyInFile("own_state", "own_recorded_usd", "own_estimated_usd", "own_unpriced_tokens"),
        ...sumColumns(t("Tree cost"), "tree_"),
      ],
      rows: expensive.map(({ session, own, tree, descendants, drill }) => ({
        cells: [
          ...sessionCells(session, context),
          {
            ...count(descendants),
            hint: t("Show the sessions of this tree"),
            ask: drillRequest(drill, context),
          },
          ...costCells(own.spent, currency),
          ...sumCells(tree, currency),
        ],
      })),
    },
  };
}

/** The sessions behind whatever was clicked, below the card it is on. */
export function sessionsCard(drilled: DrilledSessions, context: CardContext): Card {
  const { drill, sessions, hidden, sum } = drilled;
  return {
    id: "sessions",
    title: t`Sessions: ${drill.title}`,
    subtitle: `${formatCount(sessions.length + hidden)} · ${usageText(sum.spent, context.currency)}`,
    columns: 6,
    label: "",
    below: drill.chart,
    notes:
      hidden > 0
        ? [
            t`${plural(hidden, "{0} cheaper session", "{0} cheaper sessions")} not listed, but included in the total.`,
          ]
        : [],
    table: {
      title: t`Sessions of ${drill.title}`,
      columns: [...SESSION_COLUMNS, ...sumColumns()],
      rows: sessions.map((one) => ({
        cells: [...sessionCells(one.session, context), ...sumCells(one.sum, context.currency)],
      })),
      sum: {
        cells: [
          text(t("All")),
          ...SESSION_COLUMNS.slice(1).map(() => text("")),
          ...sumCells(sum, context.currency),
        ],
      },
    },
    controls: [
      {
        kind: "button",
        label: t("Close"),
        hint: t("Close the list of sessions"),
        look: "icon",
        ask: { type: "choose", change: { kind: "drill", drill: undefined } },
      },
    ],
  };
}

export function sessionJSON(session: UsageSession): object {
  const { sessionID, title, project, place, createdMs, isGone } = session;
  return {
    id: sessionID,
    title,
    project,
    server: place,
    created: createdMs > 0 ? new Date(createdMs).toISOString() : null,
    isDeleted: isGone,
  };
}

export function expensiveJSON(expensive: readonly ExpensiveTree[]): object {
  return expensive.map(({ session, own, tree, descendants }) => ({
    ...sessionJSON(session),
    subSessions: descendants,
    own: sumJSON(own),
    tree: sumJSON(tree),
  }));
}

/** The listed sessions in the JSON export; null if nothing was clicked. */
export function drilledJSON(drilled: DrilledSessions | undefined): object | null {
  if (drilled === undefined) return null;
  return {
    of: drilled.drill.title,
    sum: sumJSON(drilled.sum),
    leftOut: drilled.hidden,
    list: drilled.sessions.map(({ session, sum }) => ({
      ...sessionJSON(session),
      ...sumJSON(sum),
    })),
  };
}
