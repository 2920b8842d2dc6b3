const MetricsPage = () => null;
export default MetricsPage;
