import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQueryFilter } from './query-filter.ts';

const entry: Record<string, string | number | undefined> = {
  Status: 'Running',
  'Tags/team': "the blue one's",
  Number: '5',
  CreatedUtc: Date.parse('2026-03-01T00:00:00Z'),
};
const holds = (text: string) => parseQueryFilter(text, (name) => name.endsWith('Utc'))((name) => entry[name]);

test('comparisons and their joints', () => {
  const cases: [string, boolean][] = [
    ["Status eq 'Running'", true],
    ["(Status ne 'Running')", false],
    ["Tags/team eq 'the blue one''s' and Status eq 'Running'", true],
    ["Status eq 'Failed' or (Status eq 'Running' and not (Tags/team eq 'red'))", true],
    ["Status eq 'Running' or Status eq 'Failed' and Tags/team eq 'red'", true],
    ['ParentRunId eq null', true],
    ['Status ne null', true],
    ['Number gt 12', false],
    ['Number le 5', true],
    ['CreatedUtc ge 2026-02-28T23:59:59Z', true],
    ["CreatedUtc lt datetime'2026-02-28T00:00:00Z'", false],
    ["Absent gt '1'", false],
  ];
  for (const [text, expected] of cases) assert.equal(holds(text), expected, text);
});

test('what cannot be read is refused with the place', () => {
  const cases: [string, RegExp][] = [
    ['Status', /expects one of eq, .*its end/],
    ['Status eq', /expects a value, found its end/],
    ["Status eq 'a' Status", /expects 'and', 'or' or the end, found 'Status'/],
    ["(Status eq 'a'", /expects '\)'/],
    ["Status like 'a'", /found 'like'/],
    ["Status eq 'a", /cannot be read from| value/],
    ['CreatedUtc gt yesterday', /expects a time/],
    [`${'('.repeat(60)}Status eq 'a'${')'.repeat(60)}`, /at most 50 parentheses/],
  ];
  for (const [text, message] of cases) assert.throws(() => holds(text), message, text);
});
