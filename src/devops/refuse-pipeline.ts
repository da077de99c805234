import { type DomainError, invalid } from '../kernel/errors.ts';
import { type Diagnostic, serviceMessage } from '../language/index.ts';

/** The error by which a pipeline is refused: the service's text, and for our own clients each problem with its place. */
export function refusedPipeline(diagnostics: readonly Diagnostic[]): DomainError {
  return invalid(serviceMessage(diagnostics) || 'The pipeline has no plan.', {
    wire: 'PipelineValidationException',
    details: { diagnostics },
  });
}
