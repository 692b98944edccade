import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Página junto al chat',
  'artifact.svg': 'Imagen junto al chat',
  'artifact.frame': 'Vista previa de la página',
  'artifact.frameSvg': 'Vista previa de la imagen',
  'artifact.preview': 'Vista previa',
  'artifact.source': 'Código fuente',
  'artifact.show': 'Qué se muestra',
  'artifact.save': 'Descargar',
  'artifact.version': 'Versión {place} de {all}',
  'artifact.previous': 'Versión anterior',
  'artifact.next': 'Versión siguiente',
  'artifact.refused':
    'El contenido quiso cargar algo o ir a otro sitio. Aquí no está permitido: está aislado de toda red.',
  'artifact.stopped': 'El contenido no dio señales de vida durante diez segundos y se detuvo.',
  'artifact.flooded': 'El contenido envió tantos mensajes que nada más habría funcionado, y se detuvo.',
  'artifact.notLoaded': 'No se pudo cargar la vista previa.',
  'artifact.tooLong': 'Es demasiado largo para una vista previa.',
  'artifact.again': 'Ejecutar de nuevo',
} satisfies Partial<Translation<typeof en>>;
