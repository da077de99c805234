import { readFileSync } from 'node:fs';
import { COUNTED, EXPECTED_NODES, EXPECTED_STEPS } from './project.ts';
import { type Address, call } from './server.ts';

export function linesOf(witness: string): string[] {
  try {
    return readFileSync(witness, 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
}

/**
 * What is wrong with a finished run of the project; empty when nothing is.
 * @param before how many lines the witness had when the run was queued
 */
export async function faultsOf(address: Address, build: any, witness: string, before: number): Promise<string[]> {
  const faults: string[] = [];
  if (build.result !== 'succeeded') faults.push(`ended ${build.result}`);
  const lines = linesOf(witness);
  if (new Set(lines).size !== lines.length)
    faults.push(`ran twice: ${lines.filter((line, index) => lines.indexOf(line) !== index).join(', ')}`);
  const fresh = lines.slice(before);
  for (const step of EXPECTED_STEPS)
    if (!fresh.includes(`step ${step} ${build.id}`)) faults.push(`step ${step} did not run`);
  for (const node of EXPECTED_NODES) {
    const count = fresh.filter((line) => line.startsWith(`node ${node} `)).length;
    if (count !== 1) faults.push(`node ${node} ran ${count} times`);
  }
  if (fresh.length !== EXPECTED_STEPS.length + EXPECTED_NODES.length)
    faults.push(`the witness has ${fresh.length} lines: ${fresh.join(', ')}`);

  const { records } = await call(address, 'GET', `build/builds/${build.id}/timeline`);
  for (const record of records)
    if (record.state !== 'completed' || record.result !== 'succeeded')
      faults.push(`${record.type} '${record.name}' is ${record.state}, ${record.result}`);
  const count = records.find((record: { name: string }) => record.name === 'Count');
  const job = records.find(
    (record: { name: string; type: string }) => record.type === 'Job' && record.name === 'Submit',
  );
  const textOf = (id: number): Promise<string> =>
    call(address, 'GET', `build/builds/${build.id}/logs/${id}`, undefined, 'text/plain');
  for (const [name, record] of [
    ['step', count],
    ['job', job],
  ]) {
    const log = record?.log ? await textOf(record.log.id) : '';
    const numbers = [...log.matchAll(/^\S+ counted (\d+)\s*$/gm)].map((match) => Number(match[1]));
    if (numbers.join() !== Array.from({ length: COUNTED }, (_, index) => index + 1).join())
      faults.push(`the ${name}'s log counts ${numbers.join() || 'nothing'}`);
  }
  for (const record of records) {
    if (record.type !== 'Task') continue;
    const log = record.log ? await textOf(record.log.id) : '';
    const headings = [...log.matchAll(/##\[section\](Starting|Finishing): /g)].map((match) => match[1]);
    if (headings.join() !== 'Starting,Finishing')
      faults.push(`the log of '${record.name}' has the headings ${headings.join() || 'none'}`);
  }
  return faults;
}
