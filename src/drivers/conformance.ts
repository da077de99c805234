import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { newGuid } from '../kernel/ids.ts';
import type { Driver, LaunchHandle, LaunchSpec, LaunchState } from './driver.ts';

/** What a process of the suite does. */
export type Work = { readonly output?: string; readonly runs: 'briefly' | 'forever'; readonly exitCode?: number };

export type DriverUnderTest = {
  /** A driver as a freshly started server would make it; called twice to play a restart. */
  readonly create: () => Driver;
  /** The process of a launch that does the work; the suite adds the log file. */
  readonly process: (work: Work, cwd: string) => { command: readonly string[]; env: Readonly<Record<string, string>> };
};

/** Every driver passes this suite: the lifecycle contract of `driver.ts`, observed from outside. */
export function describeDriver(name: string, subject: DriverUnderTest): void {
  const scene = (work: Work, extra: Partial<LaunchSpec> = {}, processes = 1) => {
    const root = mkdtempSync(join(tmpdir(), 'millrace-driver-'));
    const cwd = join(root, 'wd');
    mkdirSync(cwd);
    const handle: LaunchHandle = { id: newGuid(), folder: join(root, 'launch') };
    const logFile = join(root, 'logs', 'std_log.txt');
    const one = { ...subject.process(work, cwd), cwd, logFile };
    return {
      cwd,
      handle,
      logFile,
      spec: { processes: Array.from({ length: processes }, () => one), ...extra } satisfies LaunchSpec,
      clean: () => rmSync(root, { recursive: true, force: true }),
    };
  };
  const final = (driver: Driver, handle: LaunchHandle): Promise<LaunchState> =>
    driver.wait(handle, AbortSignal.timeout(20_000));

  describe(`driver ${name}`, () => {
    test('runs a process to its exit status and keeps its output', async () => {
      const driver = subject.create();
      for (const exitCode of [0, 3]) {
        const s = scene({ runs: 'briefly', output: `says ${exitCode}`, exitCode });
        await driver.launch(s.handle, s.spec);
        assert.deepEqual(await final(driver, s.handle), { kind: 'exited', exitCode });
        assert.deepEqual(await driver.recover(s.handle), { kind: 'exited', exitCode });
        assert.equal(readFileSync(s.logFile, 'utf8'), `says ${exitCode}\n`);
        s.clean();
      }
    });

    test('does not know a handle that was never launched', async () => {
      const s = scene({ runs: 'briefly' });
      assert.deepEqual(await subject.create().recover(s.handle), { kind: 'unknown' });
      s.clean();
    });

    test('starts one process however often the handle is launched', async () => {
      const driver = subject.create();
      const s = scene({ runs: 'briefly', output: 'once' });
      await Promise.all(
        [driver.launch(s.handle, s.spec), subject.create().launch(s.handle, s.spec)].map((launch) =>
          launch.catch(() => {}),
        ),
      );
      await final(driver, s.handle);
      await driver.launch(s.handle, s.spec);
      assert.equal((await final(driver, s.handle)).kind, 'exited');
      assert.equal(readFileSync(s.logFile, 'utf8'), 'once\n');
      s.clean();
    });

    test('stops a process, and stopping again changes nothing', async () => {
      const driver = subject.create();
      const s = scene({ runs: 'forever' });
      await driver.launch(s.handle, s.spec);
      const ending = final(driver, s.handle);
      await driver.stop(s.handle, 5);
      assert.deepEqual(await ending, { kind: 'stopped' });
      await driver.stop(s.handle, 0);
      assert.deepEqual(await driver.recover(s.handle), { kind: 'stopped' });
      s.clean();
    });

    test('a handle that was stopped before its launch never runs', async () => {
      const driver = subject.create();
      const s = scene({ runs: 'briefly', output: 'ran' });
      mkdirSync(s.handle.folder, { recursive: true });
      mkdirSync(join(s.logFile, '..'));
      writeFileSync(s.logFile, '');
      await driver.stop(s.handle, 0);
      await driver.launch(s.handle, s.spec);
      assert.deepEqual(await final(driver, s.handle), { kind: 'stopped' });
      assert.equal(readFileSync(s.logFile, 'utf8'), '');
      s.clean();
    });

    test('a driver made after a restart finds the launch, waits for it and stops it', async () => {
      const s = scene({ runs: 'forever' });
      await subject.create().launch(s.handle, s.spec);
      const after = subject.create();
      // The shell of the launch may take a moment to say who it is.
      for (let look = 0; look < 2000 && (await after.recover(s.handle)).kind === 'unknown'; look += 1)
        await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(await after.recover(s.handle), { kind: 'running' });
      const ending = final(after, s.handle);
      await after.stop(s.handle, 5);
      assert.deepEqual(await ending, { kind: 'stopped' });
      s.clean();
    });

    test('a wait ends when it is called off, and the process goes on', async () => {
      const driver = subject.create();
      const s = scene({ runs: 'forever' });
      await driver.launch(s.handle, s.spec);
      const controller = new AbortController();
      const waiting = driver.wait(s.handle, controller.signal);
      controller.abort(new Error('called off'));
      await assert.rejects(waiting, /called off/);
      await driver.stop(s.handle, 0);
      assert.deepEqual(await driver.recover(s.handle), { kind: 'stopped' });
      s.clean();
    });

    test('a launch that outlives its time is ended', async () => {
      const driver = subject.create();
      const s = scene({ runs: 'forever' }, { timeoutSeconds: 0.2 });
      await driver.launch(s.handle, s.spec);
      assert.deepEqual(await final(driver, s.handle), { kind: 'timed-out' });
      s.clean();
    });
  });
}
