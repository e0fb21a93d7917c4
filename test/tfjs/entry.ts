// tfjs-core's own tests with our backend, as one bundle with one copy of tfjs-core. The order of the imports matters.
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-cpu';
import './install';
import '@tensorflow/tfjs-core/dist/tests';
