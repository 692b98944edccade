/** The source of the texts of what is shown beside a chat. */
export default {
  'artifact.html': 'Page beside the chat',
  'artifact.svg': 'Picture beside the chat',
  'artifact.frame': 'Preview of the page',
  'artifact.frameSvg': 'Preview of the picture',
  'artifact.preview': 'Preview',
  'artifact.source': 'Source',
  'artifact.show': 'What is shown',
  'artifact.save': 'Download',
  'artifact.version': 'Version {place} of {all}',
  'artifact.previous': 'Previous version',
  'artifact.next': 'Next version',
  'artifact.refused':
    'It wanted to load something or to go elsewhere. That is not allowed here: it is cut off from every network.',
  'artifact.stopped': 'It gave no sign of life for ten seconds and was stopped.',
  'artifact.flooded': 'It sent so many messages that nothing else would work, and was stopped.',
  'artifact.notLoaded': 'The preview could not be loaded.',
  'artifact.tooLong': 'This is too long for a preview.',
  'artifact.again': 'Run again',
} as const;
