import assert from 'node:assert/strict';
import { it } from 'node:test';
import { expandRunName, formatDate, isRunName, runNameKey, runNameNeedsRevision } from './run-name.ts';

const input = {
  date: new Date(Date.UTC(2026, 1, 3, 4, 5, 6, 78)),
  variables: (name: string) =>
    new Map([
      ['build.definitionname', 'nightly'],
      ['build.sourcebranchname', 'main'],
      ['custom', 'c/d'],
      ['system.teamproject', 'P'],
    ]).get(name.toLowerCase()),
  revision: 7,
};

it('judges a given name by the same characters', () => {
  for (const name of ['1.0.4-234', 'ä b', '$(x)', 'x'.repeat(255)]) assert.equal(isRunName(name), true, name);
  for (const name of ['', '1.', 'a/b', 'a"', 'a:b', '<', '>', '\\', '|', '?', '@', '*', 'x'.repeat(256)])
    assert.equal(isRunName(name), false, name);
});

it('fills every token', () => {
  const cases: [string | undefined, string][] = [
    [undefined, '20260203.7'],
    ['', '20260203.7'],
    ['$(Date:yyyy-MM-dd_HH.mm.ss)', '2026-02-03_04.05.06'],
    ['$(date:yyyyMMdd)$(rev:.r)', '20260203.7'],
    ['x$(Rev:.rrr)', 'x.007'],
    ['$(Year:yy)-$(Year:yyyy)-$(Month)-$(DayOfMonth)-$(DayOfYear)', '26-2026-2-3-34'],
    ['$(Hours):$(Minutes):$(Seconds)', '4_5_6'],
    ['$(BuildDefinitionName)_$(SourceBranchName)_$(TeamProject)_$(custom)', 'nightly_main_P_c_d'],
    ['$(unknown)', '$(unknown)'],
    ['$(Date:yyyy) $(DATE:MM) $(Rev:r)$(rev:rr)', '2026 02 707'],
    ['a"b<c>d|e?f@g*h\\i', 'a_b_c_d_e_f_g_h_i'],
    ['$(Date:d)', '02_03_2026'],
    ['...', ''],
    ['final.', 'final'],
    ['submit-azure-machine-learning-job', 'submit-azure-machine-learning-job'],
  ];
  for (const [format, expected] of cases) assert.equal(expandRunName(format, input), expected, format);
  assert.equal(expandRunName('x'.repeat(300), input).length, 255);
});

it('tells which names share their revisions', () => {
  assert.equal(runNameNeedsRevision(undefined), true);
  assert.equal(runNameNeedsRevision('$(Date:yyyy)'), false);
  assert.equal(runNameKey(undefined, input), '20260203.');
  assert.equal(runNameKey('$(BuildDefinitionName)-$(Rev:rr)', input), 'nightly-');
});

it('formats dates', () => {
  assert.equal(
    formatDate(input.date, "ddd d MMM yyyy hh:mm tt fff 'at' zzz K"),
    'Tue 3 Feb 2026 04:05 AM 078 at +00:00 Z',
  );
  // One letter names a whole format; a percent sign before it makes it a specifier.
  assert.deepEqual(
    ['d', 's', 'u', 'M', '%d', '', 'dddd', 'yyy', 'y.'].map((format) => formatDate(input.date, format)),
    [
      '02/03/2026',
      '2026-02-03T04:05:06',
      '2026-02-03 04:05:06Z',
      'February 03',
      '3',
      '02/03/2026 04:05:06',
      'Tuesday',
      '2026',
      '26.',
    ],
  );
});
