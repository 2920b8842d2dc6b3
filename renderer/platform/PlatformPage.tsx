const PlatformPage = () => null;
export default PlatformPage;
