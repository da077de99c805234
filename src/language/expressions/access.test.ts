import assert from 'node:assert/strict';
import { it } from 'node:test';
import { evaluate } from './evaluate.ts';
import { convertToJson } from './functions/convert-to-json.ts';
import { parseExpression } from './parser.ts';
import { templatePlace } from './places.ts';
import { dataValue } from './runtime.ts';

const parameters = dataValue({
  list: [{ n: 'a', tags: ['x', 'y'] }, 'scalar', { n: '', tags: [] }, { other: 1 }],
  map: { one: { n: 1 }, two: { n: 2 } },
});

function json(text: string): string {
  const scope = { host: {}, context: () => parameters };
  const value = evaluate(parseExpression(text, templatePlace, 'strict'), scope);
  return String(convertToJson.evaluate({ count: 1, argument: () => value, claim() {}, look() {}, host: {} })).replace(
    /\s+/g,
    '',
  );
}

it('looks up keys, indexes and wildcards', () => {
  const cases: [string, string][] = [
    ['parameters.list[0].n', '"a"'],
    ["parameters['list'][0]['n']", '"a"'],
    ['parameters.list[0].N', 'null'],
    ['parameters.list[0.9].n', '"a"'],
    ["parameters.list['0'].n", '"a"'],
    ['parameters.list[-1]', 'null'],
    ['parameters.list[9].x.y.z', 'null'],
    ["parameters.list['x']", 'null'],
    ['parameters.list[1].length', 'null'],
    ['parameters.list.*.n', '["a",""]'],
    ['parameters.list[*].tags', '[["x","y"],[]]'],
    ['parameters.list.*.tags[0]', '["x"]'],
    ['parameters.list.*.tags.*', '["x","y"]'],
    ['parameters.map.*.n', '[1,2]'],
    ['parameters.none.*', '[]'],
    ['parameters.list[1].*', '[]'],
    ["split('a,b', ',')[1]", '"b"'],
  ];
  for (const [text, expected] of cases) assert.equal(json(text), expected, text);
});
