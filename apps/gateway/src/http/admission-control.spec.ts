import { Runtime } from '@perennial/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { AdmissionControl } from './admission-control';

describe('the load of one replica', () => {
  let load: AdmissionControl;
  beforeEach(() => {
    load = new AdmissionControl(
      {
        requests: 2,
        requestsPerUser: 1,
        streams: 2,
        streamsPerUser: 1,
        bodyBytes: 100,
        bodyBytesPerUser: 60,
        uploads: 2,
        uploadsPerUser: 1,
      },
      new Runtime({ name: 'gateway', logLevel: 'silent' }),
    );
  });

  it('is busy beyond its limit of requests, until one has ended', () => {
    const first = load.request();
    load.request();
    expect(() => load.request()).toThrow('The server is busy. Try again in a moment.');
    first();
    first();
    load.request();
    expect(() => load.request()).toThrow();
  });

  it('one user does not starve the others', () => {
    const over = load.requestOf('a');
    expect(() => load.requestOf('a')).toThrow('Too many of your requests are under way. Wait until one has ended.');
    load.requestOf('b');
    over();
    load.requestOf('a');
  });

  it('arriving bodies are counted in bytes, by user and in total', () => {
    const over = load.body('a', 60);
    expect(() => load.body('a', 1)).toThrow('Too much of what you send is still under way. Wait until one has ended.');
    load.body('b', 40);
    expect(() => load.body('b', 1)).toThrow('The server is busy.');
    over();
    over();
    load.body('a', 60);
  });

  it('streams are counted by user and in total', () => {
    const over = load.stream('a');
    expect(() => load.stream('a')).toThrow('Too many of your streams are open.');
    load.stream('b');
    expect(() => load.stream('c')).toThrow('The server is busy.');
    expect(() => load.stream('a')).toThrow('Too many of your streams are open.');
    over();
    load.stream('c');
  });

  it('uploads are counted by user and in total', () => {
    const over = load.upload('a');
    expect(() => load.upload('a')).toThrow('Too many of your uploads are under way. Wait until one has ended.');
    load.upload('b');
    expect(() => load.upload('c')).toThrow('The server takes no further uploads at the moment. Try again soon.');
    expect(() => load.upload('a')).toThrow('Too many of your uploads are under way.');
    over();
    load.upload('c');
  });
});
