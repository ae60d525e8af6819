import { StandardSchemaValidationPipe, type StandardSchemaValidationPipeOptions } from '@nestjs/common';
import { FieldFault, InputInvalid } from '../domain/domain-error.js';

const MAX_FAULTS = 20;

type Issue = Parameters<NonNullable<StandardSchemaValidationPipeOptions['exceptionFactory']>>[0][number];

/** Keeps the key `constructor`, which the framework would silently drop: no code here merges bodies. */
class ValidationPipe extends StandardSchemaValidationPipe {
  protected override stripProtoKeys(): void {}
}

/** Validates `@Body`, `@Query` and `@Param` by their schemas, and names each faulty field. */
export const validationPipe = () =>
  new ValidationPipe({
    exceptionFactory: (issues) =>
      new InputInvalid(issues.slice(0, MAX_FAULTS).flatMap(faultsOf).slice(0, MAX_FAULTS)),
  });

/** zod reports several unknown fields as one issue. */
function faultsOf(
  issue: Issue & { readonly code?: string; readonly keys?: readonly string[] },
): FieldFault[] {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  if (issue.code === 'unrecognized_keys' && issue.keys) {
    return issue.keys
      .slice(0, MAX_FAULTS)
      .map((key) => ({ field: [...path, key].join('.'), message: 'is not known here' }));
  }
  return [{ field: path.join('.') || 'body', message: issue.message }];
}
