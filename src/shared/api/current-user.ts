import { createParamDecorator } from '@nestjs/common';

/** Without authentication there is one user: whoever reaches the loopback address. */
const LOCAL_USER = 'local';

/** The id of the user who asks. */
export const CurrentUser = createParamDecorator((): string => LOCAL_USER);
