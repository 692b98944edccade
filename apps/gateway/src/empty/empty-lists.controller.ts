import { Controller } from '@nestjs/common';
import { Endpoint } from '../edge/endpoint';
import { EMPTY_LISTS } from './empty-lists';

/** Mounts the table of empty lists: one handler for each line. */
@Controller()
export class EmptyListsController {}

for (const [index, { route, answer }] of EMPTY_LISTS.entries()) {
  const name = `list${index}`;
  const descriptor: PropertyDescriptor = { value: () => answer, configurable: true, enumerable: false, writable: true };
  Object.defineProperty(EmptyListsController.prototype, name, descriptor);
  Endpoint(route)(EmptyListsController.prototype, name, descriptor);
}
