import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { outlineDockerfile } from './dockerfile.ts';

test('what steps install is carried over, of the last stage alone, and everything else is named', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'context-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'deps'));
  writeFileSync(
    join(folder, 'deps/requirements.txt'),
    'numpy<2  # for the model\n--extra-index-url https://packages.example.org/simple\n',
  );
  writeFileSync(join(folder, 'conda.yaml'), 'dependencies: [python=3.10]');
  const outline = outlineDockerfile(
    String.raw`# syntax=docker/dockerfile:1
FROM node:22 AS page
RUN npm ci && pip install not-this
FROM --platform=linux/amd64 mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest
ARG VERSION=1
ENV A=1 B="two words"
ENV OLD form of it
COPY deps/requirements.txt /tmp/requirements.txt
RUN apt-get update && \
    # a comment inside
    pip3 install --no-cache-dir --index-url=https://index.example.org/simple -r /tmp/requirements.txt "scikit-learn>=1.5" && \
    python -m pip install 'mlflow[extras]' --timeout 100
RUN conda env update -n base -f conda.yaml
RUN pip install -e . ; pip install ./wheels/a.whl -r none.txt
CMD ["python"]
`,
    folder,
  );
  assert.deepEqual(outline, {
    base: 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest',
    requirements: [
      '--index-url https://index.example.org/simple',
      'numpy<2',
      '--extra-index-url https://packages.example.org/simple',
      'scikit-learn>=1.5',
      'mlflow[extras]',
    ],
    condaFile: 'dependencies: [python=3.10]',
    env: { A: '1', B: 'two words', OLD: 'form of it' },
    leftOut: ['RUN apt-get update', 'pip install -e .', 'pip install ./wheels/a.whl', 'pip install -r none.txt'],
  });
});

test('a step that names a file outside of the context reads nothing', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'context-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const outline = outlineDockerfile('FROM x\nRUN pip install -r ../../../../../etc/passwd -r /etc/passwd\n', folder);
  assert.deepEqual(outline.requirements, []);
});
