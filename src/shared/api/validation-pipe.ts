import { StandardSchemaValidationPipe } from '@nestjs/common';
import { InputInvalid } from '../domain/domain-error.js';

const MAX_FAULTS = 20;

/** Validates by the schemas given to `@Body`, `@Query` and `@Param`; what is wrong is named field by field. */
export const validationPipe = () =>
  new StandardSchemaValidationPipe({
    exceptionFactory: (issues) =>
      new InputInvalid(
        issues.slice(0, MAX_FAULTS).map((issue) => ({
          field:
            issue.path?.map((part) => String(typeof part === 'object' ? part.key : part)).join('.') || 'body',
          message: issue.message,
        })),
      ),
  });
