import { Banners } from './banners';
import { UpdateOffer } from './update-offer';

/** What is told above each page. It comes after what the page needs. */
export default function Notices() {
  return (
    <>
      <UpdateOffer />
      <Banners />
    </>
  );
}
