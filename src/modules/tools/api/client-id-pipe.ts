import { PipeTransform } from '@nestjs/common';
import { ClientIdDto } from '../../../shared/api/client-id.dto.js';
import { InputInvalid } from '../../../shared/domain/domain-error.js';

/** The name that a client has given itself. */
export class ClientIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    const { success, error } = ClientIdDto.safeParse(id);
    if (success) return id;
    throw new InputInvalid([{ field: 'client_id', message: error.issues[0]!.message }]);
  }
}
