import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseRelaxedJson } from './relaxed-json.ts';

describe('JSON as Resource Manager reads it', () => {
  test('a template under a bare name, with comments, single quotes, texts of several lines and commas at the end', () => {
    const text = `{"properties": {"mode": "Incremental", "a": "http://x/*no*/ // no", template:{
      // a comment
      "parameters": {/* another */ 'it''s': 1, name : true,},
      "list": [1, -2.5e3, null, 'single "quoted" \\\\ text', ], // the end
      "lines": "one
two"
    }}}`.replace("'it''s'", "'its'");
    assert.deepEqual(parseRelaxedJson(text), {
      properties: {
        mode: 'Incremental',
        a: 'http://x/*no*/ // no',
        template: {
          parameters: { its: 1, name: true },
          list: [1, -2500, null, 'single "quoted" \\ text'],
          lines: 'one\ntwo',
        },
      },
    });
  });

  test('what is neither is refused with the fault of the strict reading', () => {
    for (const text of ['{', '{"a": }', 'word', '{"a": "b', "{'a': 'b}", '[1 2]', '/* open'])
      assert.throws(() => parseRelaxedJson(text), SyntaxError, text);
  });

  test('any JSON is read as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        assert.deepEqual(parseRelaxedJson(text), JSON.parse(text));
        // Also when something around it needs the relaxed reading.
        assert.deepEqual(parseRelaxedJson(`{wrapped:${text},}`), { wrapped: JSON.parse(text) });
      }),
    );
  });
});
