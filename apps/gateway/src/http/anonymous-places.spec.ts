import { describe, expect, it } from 'vitest';
import { AnonymousPlaces } from './anonymous-places';

describe('anonymous places', () => {
  const crowd = (limit: number) => {
    const places = new AnonymousPlaces(limit);
    const ended: string[] = [];
    const enter = (address: string, name: string, mayEnd = true) =>
      places.enter(address, () => {
        if (mayEnd) ended.push(name);
        return mayEnd;
      });
    return { places, ended, enter };
  };

  it('if all are taken, the network with the most loses its oldest', () => {
    const { places, ended, enter } = crowd(6);
    enter('10.0.0.1', 'a1');
    for (const name of ['b1', 'b2', 'b3']) enter('10.0.0.2', name);
    enter('10.0.0.1', 'a2');
    enter('10.0.0.3', 'c1');
    enter('10.0.0.4', 'd1');
    expect(ended).toEqual(['b1']);
    expect(places.count).toBe(6);
  });

  it('one network has at most half of them, with any addresses', () => {
    const { places, ended, enter } = crowd(4);
    enter('2001:db8:0:1::1', '1');
    enter('2001:db8:0:1:ffff::2', '2');
    enter('2001:db8::1:0:0:0:3', '3');
    expect(ended).toEqual(['1']);
    expect(places.count).toBe(2);
  });

  it('a request that must not be ended keeps its place: first its network must wait, then all clients', () => {
    const { enter } = crowd(4);
    enter('10.0.0.1', 'a', false);
    enter('10.0.0.1', 'b', false);
    expect(() => enter('10.0.0.1', 'c', false)).toThrow('Too many requests of your network are under way.');
    enter('10.0.0.2', 'd', false);
    const leave = enter('10.0.0.3', 'e', false);
    expect(() => enter('10.0.0.4', 'f', false)).toThrow('The server is busy.');
    leave();
    leave();
    enter('10.0.0.4', 'f', false);
  });
});
