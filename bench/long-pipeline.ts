/** Steps of two shapes in jobs of 24, one after the other; a quarter kilobyte a step. */
export function longPipeline(steps: number): string {
  let text = 'trigger:\n- main\nvariables:\n  greeting: hello\njobs:\n';
  for (let step = 0; step < steps; step++) {
    const job = step / 24;
    if (step % 24 === 0) {
      text += `- job: job_${job}\n  displayName: Job number ${job}\n  dependsOn: ${job ? `job_${job - 1}` : '[]'}\n`;
      text += '  condition: succeeded()\n  pool:\n    vmImage: ubuntu-latest\n  steps:\n';
    }
    text +=
      step % 2
        ? `  - task: Bash@3\n    displayName: 'Step ${step} of $(greeting)'\n    inputs:\n      targetType: inline\n      script: |\n` +
          `        echo "step ${step}"\n        az ml job show -n $(run) -o tsv\n    env:\n      NAME: value-${step}\n`
        : `  - bash: |\n      set -eu\n      echo "doing ${step} with \${{ variables.greeting }}"\n      ls $(Build.SourcesDirectory)\n` +
          `    displayName: Do the thing ${step}\n    condition: and(succeeded(), eq(variables['greeting'], 'hello'))\n    name: step_${step % 24}\n`;
  }
  return text;
}
