import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderCommand, requiredReferences } from './render.ts';

const values = { inputs: { data: '/in/data', 'group.rate': '0.1', flag: 'True' }, outputs: { model: '/out/model' } };

describe('rendering a command', () => {
  for (const [command, expected] of [
    ['python t.py ${{inputs.data}} ${{ outputs.model }}', 'python t.py /in/data /out/model'],
    ['--rate ${{inputs.group.rate}} --flag ${{inputs.flag}}', '--rate 0.1 --flag True'],
    ['a $[[--opt ${{inputs.none}}]] b', 'a  b'],
    ['a $[[--data ${{inputs.data}}]] b', 'a --data /in/data b'],
    ['$[[${{inputs.data}} ${{inputs.none}}]]', ''],
    ['echo ${HOME} $(date) ${{search_space.lr}}', 'echo ${HOME} $(date) ${{search_space.lr}}'],
  ] as const)
    test(command, () => assert.equal(renderCommand(command, values), expected));

  test('a value that looks like an expression is not rendered again', () => {
    assert.equal(
      renderCommand('${{inputs.x}}', { inputs: { x: '${{outputs.y}}' }, outputs: { y: 'no' } }),
      '${{outputs.y}}',
    );
  });

  test('only what stands outside of optional brackets is required', () => {
    assert.deepEqual(requiredReferences('${{inputs.a}} $[[${{inputs.b}}]] ${{outputs.c}}'), [
      { area: 'inputs', name: 'a' },
      { area: 'outputs', name: 'c' },
    ]);
  });
});
