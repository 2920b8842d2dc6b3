const QueryPage = () => null;
export default QueryPage;
