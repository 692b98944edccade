import { FleetSchema } from '../fleet';
import { route } from '../route';

/** Every process, from what each reports every second. Nobody is asked, so a dead or hanging process delays nothing. */
export const list = route({ method: 'GET', path: '/api/v1/fleet', access: 'admin', reply: FleetSchema });
